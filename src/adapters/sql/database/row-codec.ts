import type { Field, Fields, FieldsOf, Kind } from '../../../domain/fields.ts';
import { type Bit, bit, exact, json, parsed } from './columns.ts';

/** The columns of a declared resource ↔ the resource. */

type ColumnOf<F> = F extends { kind: 'boolean' } ? Bit : F extends { kind: 'integer' } ? number : string;

/** A row with the declared columns; words are texts here. */
export type RowOf<F extends Fields> = {
  -readonly [K in keyof F]: F[K] extends { nullable: true } | { older: unknown }
    ? ColumnOf<F[K]> | null
    : ColumnOf<F[K]>;
};

type Value = string | number | null;
interface Form {
  write(value: never): Value;
  read(value: never): unknown;
}

const AS_IT_IS: Form = { write: (value: Value) => value, read: (value: Value) => value };
const NUMBER: Form = { write: exact, read: exact };
const JSON_TEXT: Form = { write: json, read: parsed };
const BIT: Form = { write: bit, read: (value: Bit) => value === 1 };

const FORMS: Record<Kind, Form> = {
  text: AS_IT_IS,
  uuid: AS_IT_IS,
  'keystone-id': AS_IT_IS,
  code: AS_IT_IS,
  word: AS_IT_IS,
  time: AS_IT_IS,
  integer: NUMBER,
  boolean: BIT,
  texts: JSON_TEXT,
  strings: JSON_TEXT,
  list: JSON_TEXT,
  json: JSON_TEXT,
};

/** A whole row. */
export const rowOf = <F extends Fields>(fields: F, resource: FieldsOf<F>): RowOf<F> =>
  columnsOf(fields, resource) as RowOf<F>;

/** The columns that a change writes. The id and the owner cannot be changed. */
export function changedColumns<F extends Fields>(fields: F, change: Partial<FieldsOf<F>>): Partial<RowOf<F>> {
  const { id: _id, project_id: _project, ...rest } = change as Record<string, unknown>;
  return columnsOf(fields, rest) as Partial<RowOf<F>>;
}

/** Undefined values are left out. An undeclared field goes to the database, which refuses it. */
function columnsOf(fields: Fields, values: object): Record<string, unknown> {
  const columns: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values)) {
    const field = fields[name];
    if (value !== undefined) columns[name] = field ? written(field, value) : value;
  }
  return columns;
}

const written = (field: Field, value: unknown): unknown =>
  value === null && field.nullable ? null : FORMS[field.kind].write(value as never);

/** The resource's fields in the row; columns that are not declared are left out. */
export function readRow<F extends Fields, K extends keyof F & keyof RowOf<F>>(
  fields: F,
  row: Pick<RowOf<F>, K>,
): Pick<FieldsOf<F>, K> {
  const resource: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields))
    if (name in row) resource[name] = read(field, row[name as K] as Value);
  return resource as Pick<FieldsOf<F>, K>;
}

function read(field: Field, value: Value): unknown {
  if (value !== null) return FORMS[field.kind].read(value as never);
  return structuredClone(field.older ?? null);
}
