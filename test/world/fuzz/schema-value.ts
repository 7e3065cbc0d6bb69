import { oddValue } from './odd-values.ts';
import type { Random } from './random.ts';

/** What of JSON Schema our OpenAPI document uses. */
export interface Schema {
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  additionalProperties?: Schema | boolean;
  propertyNames?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  enum?: unknown[];
  const?: unknown;
  format?: string;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  $ref?: string;
}

export interface ValueSource {
  random: Random;
  /** Of things that exist. */
  ids: readonly string[];
  resolve(ref: string): Schema;
  /** That something is not as the schema has it. */
  oddness: number;
}

const MAX_DEPTH = 12;

/** A value as the schema has it, or nearly. */
export function schemaValue(schema: Schema, source: ValueSource, depth = 0): unknown {
  const { random } = source;
  if (random.chance(source.oddness) || depth > MAX_DEPTH) return oddValue(random);
  if (schema.$ref) return schemaValue(source.resolve(schema.$ref), source, depth + 1);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return schemaValue(random.pick(choices), source, depth + 1);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return random.pick(schema.enum);
  const type = Array.isArray(schema.type) ? random.pick(schema.type) : schema.type;
  switch (type) {
    case 'object':
      return objectValue(schema, source, depth);
    case 'array':
      return Array.from({ length: random.below(4) }, () => schemaValue(schema.items ?? {}, source, depth + 1));
    case 'boolean':
      return random.chance(0.5);
    case 'integer':
    case 'number':
      return random.pick([schema.minimum ?? 0, schema.maximum ?? 2 ** 53, random.below(5_000), 1]);
    case 'null':
      return null;
    default:
      return textValue(schema, source);
  }
}

function objectValue(schema: Schema, source: ValueSource, depth: number): Record<string, unknown> {
  const { random } = source;
  const value: Record<string, unknown> = {};
  for (const [name, part] of Object.entries(schema.properties ?? {})) {
    const wanted = schema.required?.includes(name) ? 0.97 : 0.4;
    if (random.chance(wanted)) value[name] = schemaValue(part, source, depth + 1);
  }
  if (typeof schema.additionalProperties === 'object')
    for (let n = random.below(4); n > 0; n--)
      value[`key-${random.below(99)}`] = schemaValue(schema.additionalProperties, source, depth + 1);
  if (random.chance(source.oddness)) value[`odd-${random.below(9)}`] = oddValue(random);
  return value;
}

function textValue({ format, pattern, maxLength }: Schema, { random, ids }: ValueSource): string {
  if (format === 'uuid' || pattern?.includes('{8}')) return random.pick(ids);
  if (format === 'date-time') return '2026-06-02T00:00:00Z';
  return random.pick([
    'web',
    'default',
    'nfs',
    '0 2 * * *',
    'UTC',
    'prod',
    'é',
    'x'.repeat(Math.min(maxLength ?? 9, 300)),
  ]);
}
