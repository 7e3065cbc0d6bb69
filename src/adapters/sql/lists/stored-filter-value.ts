import { RewindError } from '../../../domain/errors.ts';
import type { FieldKind } from './list-fields.ts';

/**
 * The text of a filter in the form of its column. Times may have any offset and are compared in UTC.
 * @throws RewindError `filter.invalid` (400)
 */
export function filterValue(field: string, kind: FieldKind, text: string): string | number {
  const value = readers[kind](text);
  if (value === undefined) throw invalid(`The value of the filter ${field} is not a ${kind}.`);
  return value;
}

export const invalid = (message: string): RewindError => new RewindError('filter.invalid', message);

const readers: Record<FieldKind, (text: string) => string | number | undefined> = {
  text: (text) => text,
  number: (text) => (/^\d{1,15}$/.test(text) ? Number(text) : undefined),
  boolean: (text) => ({ true: 1, false: 0 })[text.toLowerCase()],
  time: (text) => {
    const time = /^\d{4}-\d\d-\d\d/.test(text) ? new Date(text) : undefined;
    return time && !Number.isNaN(time.getTime()) ? time.toISOString() : undefined;
  },
};
