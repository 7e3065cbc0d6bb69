import { RewindError } from '../../domain/errors.ts';
import type { BusyWith } from '../../domain/operations/busy.ts';
import type { Refusal } from '../../domain/rules/refusal.ts';

/** A reason why something cannot be done now, as a dry run lists it. */
export interface Conflict {
  code: string;
  status: 400 | 403 | 409;
  detail: string;
  hint: string | null;
  /** The one that is in the way. */
  operation?: BusyWith;
}

/** `code` without the `vm-backup.` prefix. */
export function conflict(
  code: string,
  detail: string,
  hint: string | null = null,
  status: 400 | 403 | 409 = 409,
): Conflict {
  return { code: `vm-backup.${code}`, status, detail, hint };
}

/** What the rules found, as an answer tells it. */
export const asConflict = ({ code, detail, hint, status }: Refusal): Conflict => conflict(code, detail, hint, status);

export function errorOf({ code, status, detail, hint, operation }: Conflict): RewindError {
  return new RewindError(code, detail, { status, ...(hint && { hint }), ...(operation && { details: { operation } }) });
}

export function refuseFirst(conflicts: readonly Conflict[]): void {
  if (conflicts[0]) throw errorOf(conflicts[0]);
}
