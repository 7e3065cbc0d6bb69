import { RewindError } from '../../domain/errors.ts';
import type { Debt } from '../../domain/operations/debt.ts';
import type { World } from '../../workflows/world.ts';

/**
 * Pays one kind of debt: finds the object by its ids, checks that it is still ours to remove, and removes it. Resolves
 * when there is nothing left to do, even if somebody else did it; rejects with the reason why it cannot be done now.
 * May run twice.
 */
export type PayDebt = (world: World, debt: Debt, signal: AbortSignal) => Promise<void>;

const detail = (debt: Debt, field: string): unknown => (debt.details as Record<string, unknown> | null)?.[field];

/** @throws RewindError `debt.malformed` */
export function text(debt: Debt, field: string): string {
  const value = detail(debt, field);
  if (typeof value === 'string') return value;
  throw new RewindError('debt.malformed');
}

export function textOrNull(debt: Debt, field: string): string | null {
  const value = detail(debt, field);
  return typeof value === 'string' ? value : null;
}

export const isTrue = (debt: Debt, field: string): boolean => detail(debt, field) === true;

export const numberOrNull = (debt: Debt, field: string): number | null => {
  const value = detail(debt, field);
  return typeof value === 'number' ? value : null;
};

export function texts(debt: Debt, field: string): string[] {
  const value = detail(debt, field);
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}

export function records(debt: Debt, field: string): Record<string, unknown>[] {
  const value = detail(debt, field);
  return Array.isArray(value) ? value.filter((one) => typeof one === 'object' && one !== null) : [];
}

/** Texts by name; empty when there are none. */
export function textsByName(debt: Debt, field: string): Record<string, string> {
  const pairs = Object.entries((detail(debt, field) ?? {}) as Record<string, unknown>);
  return Object.fromEntries(pairs.flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])));
}

/** The effect of an unanswered request is awaited for this long after the operation's end. */
const LATE_MS = 3_600_000;

/** Called when nothing is there. @throws RewindError `debt.may-come` while it may still come. */
export function waitForLate({ clock }: Pick<World, 'clock'>, debt: Debt): void {
  if (clock.now() - Date.parse(debt.since) >= LATE_MS) return;
  throw new RewindError('debt.may-come');
}

const PAUSE_MS = 2_000;

/**
 * Looks this many times, with pauses of two seconds. @throws RewindError `debt.not-yet` when the condition is not met
 * by then
 */
export async function lookUntil(
  { clock }: Pick<World, 'clock'>,
  { looks, signal }: { looks: number; signal: AbortSignal },
  isSo: () => Promise<boolean>,
): Promise<void> {
  for (let look = 0; look < looks; look += 1) {
    if (await isSo()) return;
    await clock.sleep(PAUSE_MS, signal);
  }
  throw notYet();
}

export const notYet = (): RewindError => new RewindError('debt.not-yet');

export const inTheWay = (): RewindError => new RewindError('debt.in-the-way');

export const busy = (): RewindError => new RewindError('debt.busy');
