import { RewindError } from '../errors.ts';

/** Codes of what speaks against a point or a restore, by what was seen of servers, volumes and images. */
export type RefusalCode =
  | 'server.busy-in-nova'
  | 'server.wrong-state'
  | 'server.locked'
  | 'server.no-disks'
  | 'server.too-many-disks'
  | 'volume.not-yours'
  | 'volume.encrypted'
  | 'volume.multiattach'
  | 'volume.attached-elsewhere'
  | 'volume.wrong-state'
  | 'volume.has-snapshots'
  | 'restore.disk-smaller'
  | 'restore.root-differs'
  | 'restore.root-volume-gone'
  | 'memory.disks-differ';

/**
 * A reason why something cannot be done. The request finds all of them with the caller's rights, so that a dry run
 * lists them; the recipe looks again with the administrator's, and refuses with the first. Both call the same
 * functions.
 */
export interface Refusal {
  /** Without the `vm-backup.` prefix. */
  code: RefusalCode;
  detail: string;
  /** Null: the catalogue's hint. */
  hint: string | null;
}

export const refusal = (code: RefusalCode, detail: string, hint: string | null = null): Refusal => ({
  code,
  detail,
  hint,
});

/** Throws the first one, if there is any. */
export function refuseFirst([first]: readonly Refusal[]): void {
  if (first) throw errorOfRefusal(first);
}

export const errorOfRefusal = ({ code, detail, hint }: Refusal): RewindError =>
  new RewindError(code, detail, { ...(hint && { hint }) });
