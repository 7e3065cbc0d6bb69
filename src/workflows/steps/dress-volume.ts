import type { RecipeStep } from '../world.ts';

export interface DressVolumeInput {
  volumeId: string;
  bootable: boolean;
  imageMetadata: Record<string, string>;
}

/** A blank volume has none of what Nova reads when it boots from it (hw_disk_bus, hw_qemu_guest_agent, …). */
export const dressVolume: RecipeStep<DressVolumeInput, null> = {
  name: 'dress-volume',
  async act(context, { volumeId, bootable, imageMetadata }) {
    const { blockStorage } = context.world.cloud.tenant(context.operation.project_id);
    if (bootable) await blockStorage.setBootable(volumeId, true);
    const wanted = Object.fromEntries(Object.entries(imageMetadata).filter(([key]) => !MADE_BY_CINDER.has(key)));
    if (Object.keys(wanted).length > 0) await blockStorage.setImageMetadata(volumeId, wanted);
    return null;
  },
};

/** Describes the image the volume once was made from, not the volume. Cinder keeps these to itself. */
const MADE_BY_CINDER = new Set(['signature_verified']);
