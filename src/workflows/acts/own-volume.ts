import { hasCode, RewindError } from '../../domain/errors.ts';
import type { ImageRef } from '../../domain/points/disk.ts';
import type { Volume } from '../../ports/openstack.ts';
import type { StepContext } from '../../workflow-engine/step.ts';
import { volumeImageOf } from '../lookups/locate-disks.ts';
import type { World } from '../world.ts';

type Context = StepContext<World>;

/** What held for a volume when an act on it was planned, and must still hold when the act is done. */
export interface VolumeClaim {
  volumeId: string;
  /** The only server that may have it; null: none may. */
  serverId: string | null;
  /** Where its data lie. */
  image?: ImageRef;
}

const [NOT_YOURS, ELSEWHERE, MOVED] = ['volume.not-yours', 'volume.attached-elsewhere', 'volume.moved'] as const;

/** Cinder's statuses of a migration under way; maintenance does not stop one. */
const MIGRATING = new Set(['starting', 'migrating', 'completing']);

/**
 * The volume as it is now, if it is still what was planned: of the operation's project, attached to nobody but the
 * server, its data where they were. Tenants may give a volume away between any two looks. Rejects with
 * `volume.not-yours`, `volume.attached-elsewhere`, `volume.moved`. Undefined: it is gone.
 */
export async function claimedVolume(context: Context, claim: VolumeClaim): Promise<Volume | undefined> {
  const volume = await context.world.cloud.admin.blockStorage.volume(claim.volumeId);
  if (volume) refuseStranger(context, volume, claim);
  return volume;
}

export function refuseStranger({ operation, world }: Context, volume: Volume, claim: VolumeClaim): void {
  const { id } = volume;
  if (volume.projectId !== operation.project_id) {
    throw new RewindError(NOT_YOURS, `Volume ${id} is not one of the server's project.`);
  }
  if (volume.attachments.some((one) => one.serverId !== claim.serverId)) {
    throw new RewindError(ELSEWHERE, `Volume ${id} is attached to another server.`);
  }
  if (!claim.image) return;
  const { pool, image } = volumeImageOf(world.settings, volume);
  if (pool !== claim.image.pool || image !== claim.image.image || isMigrating(volume)) {
    throw new RewindError(MOVED, `Volume ${id} was moved to another place in the storage meanwhile.`, {
      hint: 'Let migrations and retypes of the Block Storage service end, and try again.',
    });
  }
}

const isMigrating = ({ raw }: Volume): boolean => MIGRATING.has(String(raw?.['os-vol-mig-status-attr:migstat']));

/** The volume is no longer what was planned: it must not be touched, whoever owns it now. */
export const isStranger = (error: unknown): error is RewindError =>
  [NOT_YOURS, ELSEWHERE, MOVED].some((code) => hasCode(error, code));
