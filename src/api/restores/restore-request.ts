import type { WorkflowName } from '../../domain/operations/operation.ts';
import type { RestoreMode } from '../../domain/points/restore.ts';
import type { NewServerWishes } from './new-server/wishes.ts';

/** What a caller asks to be restored, as he asked it. */
export interface RestoreRequest {
  backup_id: string | null;
  snapshot_id: string | null;
  mode: RestoreMode;
  server_id: string | null;
  /** Null: all of the backup's. */
  disks: string[] | null;
  name: string | null;
  attach_to: string | null;
  instant: boolean;
  /** Null: as it was before. */
  start: boolean | null;
  /** Null: with it, where the snapshot has it and the whole server goes back. */
  memory: boolean | null;
  /** What becomes of volumes attached since then; null: they are kept. */
  newer_volumes: 'keep' | 'detach' | null;
  /** Attributes of a new server, and of nothing else, that were given. `volume_types` is of whatever makes volumes. */
  forNewServer: string[];
  newServer: NewServerWishes;
}

/** The recipe that does it. */
export function restoreRecipe({ mode, snapshot_id }: Pick<RestoreRequest, 'mode' | 'snapshot_id'>): WorkflowName {
  if (mode === 'new_server') return 'restore-new-server/1';
  if (mode === 'volumes') return 'restore-volumes/1';
  return snapshot_id === null ? 'restore-in-place/1' : 'revert-snapshot/1';
}

/** Names of attributes that mean nothing in this mode; to ignore them would be to do something else than was asked. */
export function misplaced(request: RestoreRequest): string[] {
  const given = request.mode === 'new_server' ? [] : [...request.forNewServer];
  const say = (name: 'server_id' | 'name' | 'attach_to' | 'start' | 'memory' | 'newer_volumes'): void => {
    if (request[name] !== null) given.push(name);
  };
  // A snapshot's disks are in the storage already: a revert of large ones is instant by itself.
  if (request.instant && request.snapshot_id !== null) given.push('instant with a snapshot');
  if (request.mode === 'volumes') {
    say('server_id');
    say('start');
    say('memory');
    say('newer_volumes');
  }
  if (request.mode === 'in_place') {
    say('name');
    say('attach_to');
  }
  if (request.mode === 'new_server') {
    say('server_id');
    say('attach_to');
    say('memory');
    say('newer_volumes');
  }
  return given;
}
