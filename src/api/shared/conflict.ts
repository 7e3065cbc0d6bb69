import type { Status } from '../../domain/errors/entry.ts';
import { type ErrorCode, entryOf, type Otherwise, statusOfCode } from '../../domain/errors/error-catalogue.ts';
import { fullCode, RewindError } from '../../domain/errors.ts';
import type { BusyWith } from '../../domain/operations/busy.ts';
import type { Refusal } from '../../domain/rules/refusal.ts';

/** A reason why something cannot be done now, as a dry run lists it. */
export interface Conflict {
  code: string;
  status: Status;
  detail: string;
  hint: string | null;
  /** The operation that is in the way. */
  operation?: BusyWith;
}

/** `hint`: more specific than the catalogue's. `status`: where the catalogue allows several. */
export const conflict = <C extends ErrorCode>(
  code: C,
  detail: string,
  hint: string | null = null,
  status?: Otherwise<C>['status'],
): Conflict => ({
  code: fullCode(code),
  status: statusOfCode(code, status),
  detail,
  hint: hint ?? entryOf(code).hint ?? null,
});

/** Turns what the rules found into the form of an answer. */
export const asConflict = ({ code, detail, hint }: Refusal): Conflict => conflict(code, detail, hint);

export function errorOf({ code, status, detail, hint, operation }: Conflict): RewindError {
  return new RewindError({
    ...{ code, status, reason: detail, fault: 'failed', hint },
    ...(operation && { details: { operation } }),
  });
}

export function refuseFirst(conflicts: readonly Conflict[]): void {
  if (conflicts[0]) throw errorOf(conflicts[0]);
}
