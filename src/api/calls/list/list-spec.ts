import type { Field, Fields, Kind, LaterWords } from '../../../domain/fields.ts';

/** How a field's values are read; a list of words is an enumeration, a `code` is an error's code. */
export type FieldType = 'text' | 'code' | 'uuid' | 'number' | 'boolean' | 'time' | readonly string[];

/** What a collection can be filtered and sorted by. */
export interface ListSpec {
  fields: Readonly<Record<string, FieldType>>;
  /** Words of enumerations that not every version of the API knows. */
  later?: Readonly<Record<string, LaterWords>>;
  /** Fields that not every version of the API has. */
  since?: Readonly<Record<string, string>>;
}

export const OPERATORS = ['in', 'nin', 'neq', 'gt', 'gte', 'lt', 'lte', 'ge', 'le', 'eq'] as const;

/** The filters and sort keys that callers may use, by the declaration. */
export function listSpecOf(fields: Fields): ListSpec {
  const asked = Object.entries(fields).filter(([, field]) => field.filter === 'callers');
  return {
    fields: Object.fromEntries(asked.map(([name, field]) => [name, typeOf(field)])),
    later: Object.fromEntries(asked.flatMap(([name, { later }]) => (later ? [[name, later]] : []))),
    since: Object.fromEntries(asked.flatMap(([name, { since }]) => (since ? [[name, since]] : []))),
  };
}

const TYPES: Partial<Record<Kind, FieldType>> = {
  uuid: 'uuid',
  code: 'code',
  integer: 'number',
  boolean: 'boolean',
  time: 'time',
};

const typeOf = ({ kind, words }: Field): FieldType => words ?? TYPES[kind] ?? 'text';
