import { captureRefusals, changeRefusals, diskCountRefusals } from '../../domain/rules/server-rules.ts';
import { unfitRefusals, volumeNotYours } from '../../domain/rules/volume-rules.ts';
import type { Server, Volume } from '../../ports/openstack.ts';
import { asConflict, type Conflict } from './conflict.ts';

/** What keeps this server from being backed up now. */
export function backupConflicts(server: Server, volumes: (Volume | undefined)[]): Conflict[] {
  const disks = server.volumes.length + (server.imageId === null ? 0 : 1);
  const ofVolumes = server.volumes.flatMap(({ volumeId }, index) => {
    const volume = volumes[index];
    return volume ? unfitRefusals(volume) : [volumeNotYours(volumeId)];
  });
  return [...captureRefusals(server), ...diskCountRefusals(disks), ...ofVolumes].map(asConflict);
}

/** What keeps disks from being put into this server now. */
export const changeConflicts = (server: Server): Conflict[] => changeRefusals(server).map(asConflict);
