import type { Field, Fields, FieldsOf } from '../../src/domain/fields.ts';

/** With a value in every field, other ones in every field and for every `seed`. */
export function sampleOf<F extends Fields>(fields: F, seed = 0): FieldsOf<F> {
  const entries = Object.entries(fields);
  return Object.fromEntries(
    entries.map(([name, field], index) => [name, sampleValue(field, seed * entries.length + index + 1)]),
  ) as FieldsOf<F>;
}

/** `n`: another one for each value; words and truths repeat. */
function sampleValue(field: Field, n: number): unknown {
  switch (field.kind) {
    case 'uuid':
      return `${String(n).padStart(8, '0')}-0000-4000-8000-000000000000`;
    case 'time':
      return new Date(Date.UTC(2026, 0, 1) + n * 3_600_000).toISOString();
    case 'integer':
      return n % ((field.max ?? 1_000_000) + 1);
    case 'boolean':
      return n % 2 === 0;
    case 'word':
      return field.words?.[n % field.words.length];
    case 'texts':
      return [`text ${n}`];
    case 'strings':
      return { [`key ${n}`]: `ü ${n}` };
    case 'list':
      return [sampleOf(field.each ?? {}, n)];
    case 'json':
      return [`json-${n}`];
    default:
      return `${field.kind}-${n}`;
  }
}
