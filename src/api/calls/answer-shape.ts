import { z } from 'zod';
import type { Field, Fields, Kind, Shown, ShownJson } from '../../domain/fields.ts';
import * as common from './schema-parts.ts';

type Shape<F extends Fields> = { [K in keyof Shown<F>]: z.ZodType<Shown<F>[K]> };

/** The schemas of everything that an answer shows of a declared resource; `forms`: those of fields of any form. */
export function shapeOf<F extends Fields>(
  fields: F,
  ...[forms]: [ShownJson<F>] extends [never] ? [] : [{ [K in ShownJson<F>]: z.ZodType }]
): Shape<F> {
  const given: Partial<Record<string, z.ZodType>> = forms ?? {};
  const shown = Object.entries(fields).filter(([, field]) => field.shown);
  return Object.fromEntries(shown.map(([name, field]) => [name, schemaOf(field, given[name])])) as Shape<F>;
}

/** Older clients do not get it, so it may be absent. */
function schemaOf(field: Field, form: z.ZodType | undefined): z.ZodType {
  const plain = form ?? FORMS[field.kind](field);
  const whole = field.nullable ? plain.nullable() : plain;
  const known = field.since === undefined ? whole : whole.optional();
  return field.means === undefined ? known : known.meta({ description: field.means });
}

const FORMS: Record<Kind, (field: Field) => z.ZodType> = {
  text: () => z.string(),
  uuid: () => common.uuid,
  'keystone-id': () => common.keystoneId,
  code: () => z.string(),
  word: ({ words = [] }) => z.enum(words),
  time: () => common.time,
  integer: ({ min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER }) => z.int().min(min).max(max),
  boolean: () => z.boolean(),
  texts: () => z.array(z.string()),
  strings: () => z.record(z.string(), z.string()),
  list: ({ each = {}, eachName = null }) => z.array(named(z.strictObject(shapeOf(each as NoJson)), eachName)),
  json: () => z.unknown(),
};

/** Parts of a list that are of any form would have no schema. */
type NoJson = Record<string, Field & { kind: 'text' }>;

const named = (schema: z.ZodType, id: string | null): z.ZodType => (id === null ? schema : schema.meta({ id }));
