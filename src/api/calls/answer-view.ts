import type { Field, Fields, Showable, Shown } from '../../domain/fields.ts';
import { atLeast } from './version.ts';
import { codeAt, wordAt } from './version-words.ts';

/**
 * What a client of this version reads of a resource: the fields that are declared as shown, in words that the client
 * knows.
 */
export function viewOf<F extends Fields>(fields: F, resource: Showable<F>, version: string): Shown<F> {
  const view: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    if (!field.shown || (field.since !== undefined && !atLeast(version, field.since))) continue;
    view[name] = shownValue(field, resource[name as keyof Showable<F>], version);
  }
  return view as Shown<F>;
}

function shownValue({ kind, later, each }: Field, value: unknown, version: string): unknown {
  if (each) return (value as Showable<Fields>[]).map((one) => viewOf(each, one, version));
  if (kind === 'code') return codeAt(version, value as string | null);
  return later && value !== null ? wordAt(version, later, value as string) : value;
}
