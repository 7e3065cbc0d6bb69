import type { RestoreMode } from '../domain/restore.ts';

/** What a caller asks to be restored, as he asked it. */
export interface RestoreRequest {
  backup_id: string | null;
  snapshot_id: string | null;
  mode: RestoreMode | 'new_server';
  server_id: string | null;
  /** Null: all of the backup's. */
  disks: string[] | null;
  name: string | null;
  attach_to: string | null;
  instant: boolean;
  /** Null: as it was before. */
  start: boolean | null;
  /** Attributes of a new server that were given. */
  forNewServer: string[];
}

/** Names of attributes that mean nothing in this mode; to ignore them would be to do something else than was asked. */
export function misplaced(request: RestoreRequest): string[] {
  const given = [...request.forNewServer];
  const say = (name: 'server_id' | 'name' | 'attach_to' | 'start'): void => {
    if (request[name] !== null) given.push(name);
  };
  if (request.mode === 'volumes') {
    say('server_id');
    say('start');
  }
  if (request.mode === 'in_place') {
    say('name');
    say('attach_to');
  }
  return given;
}
