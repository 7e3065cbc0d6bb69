import { type Refusal, refusal } from './refusal.ts';

/** What these rules look at; Nova shows it to everybody. */
export interface SeenServer {
  /** ACTIVE, SHUTOFF, … */
  status: string;
  taskState: string | null;
  locked: boolean;
}

/** No server with more disks than this is backed up. */
const MAX_DISKS = 64;
const CAN_BE_BACKED_UP = ['ACTIVE', 'SHUTOFF', 'PAUSED', 'SUSPENDED'];
const CAN_BE_CHANGED = ['ACTIVE', 'SHUTOFF'];

/** What keeps a server from being backed up or snapshotted now. */
export const captureRefusals = (server: SeenServer): Refusal[] => stateRefusals(server, CAN_BE_BACKED_UP);

export const noDisks = refusal('server.no-disks', 'The server has no disk that could be backed up.');

/** A point covers all disks of a server. `disks`: the number seen. */
export function diskCountRefusals(disks: number): Refusal[] {
  if (disks === 0) return [noDisks];
  if (disks <= MAX_DISKS) return [];
  return [refusal('server.too-many-disks', `The server has more than ${MAX_DISKS} disks.`)];
}

/** What keeps disks of a server from being replaced, or volumes from being attached to it, now. */
export function changeRefusals(server: SeenServer): Refusal[] {
  const found = stateRefusals(server, CAN_BE_CHANGED);
  if (server.locked) found.push(refusal('server.locked', 'The server is locked by somebody.'));
  return found;
}

function stateRefusals(server: SeenServer, allowed: readonly string[]): Refusal[] {
  const found: Refusal[] = [];
  if (server.taskState !== null)
    found.push(refusal('server.busy-in-nova', 'The server is in the middle of another action of the Compute service.'));
  if (!allowed.includes(server.status))
    found.push(
      refusal('server.wrong-state', `The server is ${shown(server.status)}; it must be ${allowed.join(' or ')}.`),
    );
  return found;
}

/** Nova's status is in upper case letters; nothing else is passed on. */
const shown = (status: string): string => (/^[A-Z_]{1,32}$/.test(status) ? status : 'in an unknown state');
