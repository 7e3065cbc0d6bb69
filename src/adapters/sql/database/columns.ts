import { RewindError } from '../../../domain/errors.ts';

export type Bit = 0 | 1;

/** Values of the domain ↔ the contents of a column. */

export const bit = (value: boolean): Bit => (value ? 1 : 0);

export const json = (value: unknown): string => JSON.stringify(value ?? null);

export const jsonOrNull = (value: unknown): string | null =>
  value === null || value === undefined ? null : JSON.stringify(value);

export function parsed<T>(text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new RewindError('internal.database', { cause });
  }
}

export const parsedOrNull = <T>(text: string | null): T | null => (text === null ? null : parsed<T>(text));

/** An integer that a number holds exactly: the drivers return larger ones as text or bigint. */
export function exact(value: number): number {
  if (Number.isSafeInteger(value)) return value;
  throw new RewindError('internal.inexact-number', { cause: new RangeError(`not a safe integer: ${String(value)}`) });
}

export const exactOrNull = (value: number | null): number | null => (value === null ? null : exact(value));
