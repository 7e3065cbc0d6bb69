import type { Server, Volume } from '../../ports/openstack.ts';
import { type Conflict, conflict } from './conflict.ts';

/** A server with more disks is backed up by nobody in one piece. */
const MAX_DISKS = 64;
const CAN_BE_BACKED_UP = ['ACTIVE', 'SHUTOFF', 'PAUSED', 'SUSPENDED'];
const CAN_BE_CHANGED = ['ACTIVE', 'SHUTOFF'];

/** What keeps this server from being backed up now. */
export function backupConflicts(server: Server, volumes: (Volume | undefined)[]): Conflict[] {
  const disks = server.volumes.length + (server.imageId === null ? 0 : 1);
  const found = stateConflicts(server, CAN_BE_BACKED_UP);
  if (disks === 0)
    found.push(conflict('server.no-disks', 'The server has no disk that could be backed up.', null, 400));
  if (disks > MAX_DISKS)
    found.push(conflict('server.too-many-disks', `The server has more than ${MAX_DISKS} disks.`, null, 400));
  server.volumes.forEach(({ volumeId }, index) => {
    const volume = volumes[index];
    if (volume) found.push(...unfitConflicts(volume));
    else found.push(conflict('volume.not-yours', `Volume ${volumeId} is not one of the server's project.`));
  });
  return found;
}

/** What keeps disks from being put into this server now. */
export function changeConflicts(server: Server): Conflict[] {
  const found = stateConflicts(server, CAN_BE_CHANGED);
  if (server.locked)
    found.push(conflict('server.locked', 'The server is locked by somebody.', 'Unlock it and try again.'));
  return found;
}

export function unfitConflicts(volume: Volume): Conflict[] {
  const found: Conflict[] = [];
  if (volume.encrypted)
    found.push(conflict('volume.encrypted', `Volume ${volume.id} is encrypted; this is not supported.`));
  if (volume.multiattach)
    found.push(
      conflict('volume.multiattach', `Volume ${volume.id} may be attached to several servers; this is not supported.`),
    );
  return found;
}

function stateConflicts(server: Server, allowed: readonly string[]): Conflict[] {
  const found: Conflict[] = [];
  if (server.taskState !== null)
    found.push(
      conflict(
        'server.busy-in-nova',
        'The server is in the middle of another action of the Compute service.',
        'Wait until its task state is empty, then try again.',
      ),
    );
  if (!allowed.includes(server.status))
    found.push(
      conflict('server.wrong-state', `The server is ${shown(server.status)}; it must be ${allowed.join(' or ')}.`),
    );
  return found;
}

/** Nova's words are upper case letters; nothing else is passed on. */
const shown = (status: string): string => (/^[A-Z_]{1,32}$/.test(status) ? status : 'in an unknown state');
