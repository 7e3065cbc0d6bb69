import { fitImageProperties } from '../../../domain/service-limits.ts';
import type { RecipeStep } from '../../world.ts';

export interface DressVolumeInput {
  volumeId: string;
  bootable: boolean;
  imageMetadata: Record<string, string>;
}

/** A blank volume lacks the properties that Nova reads when it boots from it (hw_disk_bus, hw_qemu_guest_agent, …). */
export const dressVolume: RecipeStep<DressVolumeInput, null> = {
  name: 'dress-volume',
  async act(context, { volumeId, bootable, imageMetadata }) {
    const { blockStorage } = context.world.cloud.tenant(context.operation.project_id);
    if (bootable) await blockStorage.setBootable(volumeId, true);
    const { value } = fitImageProperties(imageMetadata);
    if (Object.keys(value).length > 0) await blockStorage.setImageMetadata(volumeId, value);
    return null;
  },
};
