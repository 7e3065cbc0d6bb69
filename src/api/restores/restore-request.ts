import type { WorkflowName } from '../../domain/operations/operation.ts';
import type { RestoreMode } from '../../domain/points/restore.ts';
import type { NewServerWishes } from './new-server/wishes.ts';

/** What a caller wants to be restored, as requested. */
export interface RestoreRequest {
  backup_id: string | null;
  snapshot_id: string | null;
  mode: RestoreMode;
  server_id: string | null;
  /** Null: all disks of the backup. */
  disks: string[] | null;
  name: string | null;
  attach_to: string | null;
  instant: boolean;
  /** Null: running or stopped as before. */
  start: boolean | null;
  /** Null: with memory, if the snapshot has it and the whole server goes back. */
  memory: boolean | null;
  /** What becomes of volumes attached since then; null: they are kept. */
  newer_volumes: 'keep' | 'detach' | null;
  /** The given attributes that only a new server has. `volume_types` belongs to everything that makes volumes. */
  forNewServer: string[];
  newServer: NewServerWishes;
}

/** The recipe for it. */
export function restoreRecipe({ mode, snapshot_id }: Pick<RestoreRequest, 'mode' | 'snapshot_id'>): WorkflowName {
  // Every mode has a line: one that was forgotten would run a recipe that replaces disks.
  const recipes: Record<RestoreMode, WorkflowName> = {
    new_server: 'restore-new-server/1',
    volumes: 'restore-volumes/1',
    in_place: snapshot_id === null ? 'restore-in-place/1' : 'revert-snapshot/1',
  };
  return recipes[mode];
}

/**
 * Names of attributes that mean nothing in this mode; ignoring them would mean doing something other than requested.
 */
export function misplaced(request: RestoreRequest): string[] {
  const given = request.mode === 'new_server' ? [] : [...request.forNewServer];
  const say = (name: 'server_id' | 'name' | 'attach_to' | 'start' | 'memory' | 'newer_volumes'): void => {
    if (request[name] !== null) given.push(name);
  };
  // A snapshot's disks are in the storage already: a revert of large ones is instant anyway.
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
