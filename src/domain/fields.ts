/**
 * The declaration of a resource names each field once. The resource's type, its columns, what lists can be filtered and
 * sorted by, what an answer shows and how the OpenAPI document describes it are derived from the declaration.
 */

/** Words that came with a later version of the API, and the older word that earlier clients read instead. */
export type LaterWords = Readonly<Record<string, { since: string; before: string }>>;

export interface Choices {
  nullable?: true;
  /** True: whoever may read the resource sees the field. Absent: it stays inside Rewind. */
  shown?: true;
  /** The version of the API in which the field was added: older clients neither see it nor filter by it. */
  since?: string;
  /** Lists can be filtered and sorted by it: callers' lists, or only those that Rewind requests itself. */
  filter?: 'callers' | 'internal';
  /** For the OpenAPI document. */
  means?: string;
  /** As long as a tenant likes: such fields decide how many rows a page of a list has. */
  long?: true;
  /** True: lists are read without it. */
  unlisted?: true;
  /** The value in a new resource when none is given; a nullable field then has null. */
  first?: unknown;
  /** The value for rows that are older than the column, in which they have null. */
  older?: unknown;
  min?: number;
  max?: number;
}

export type Kind =
  | 'text'
  | 'uuid'
  /** Keystone's id of a project or a user */
  | 'keystone-id'
  /** of an error; older clients read a more general one */
  | 'code'
  /** one of a list of words */
  | 'word'
  /** ISO 8601 in UTC */
  | 'time'
  | 'integer'
  | 'boolean'
  /** a list of texts */
  | 'texts'
  /** texts by name */
  | 'strings'
  /** a list of things that have a declaration of their own */
  | 'list'
  /** of any form; an answer that shows it provides a schema */
  | 'json';

export interface Field<T = unknown> extends Readonly<Choices> {
  readonly kind: Kind;
  readonly words?: readonly string[];
  readonly later?: LaterWords;
  readonly each?: Fields;
  /** Name of each item in the OpenAPI document. */
  readonly eachName?: string | null;
  /** No declaration has it: it only tells the compiler the type of the value. */
  readonly holds?: T;
}

export type Fields = Readonly<Record<string, Field>>;

type ValueOf<F> = F extends Field<infer T> ? T : never;

/** The type of what is declared. */
export type FieldsOf<F extends Fields> = { -readonly [K in keyof F]: ValueOf<F[K]> };

type Declared<T, K extends Kind, O> = Field<O extends { nullable: true } ? T | null : T> & {
  readonly kind: K;
} & Readonly<O>;

/** The compiler refuses a choice that does not exist; a generic parameter alone would accept a misspelt one. */
type Only<O, C = Choices> = O & { readonly [K in Exclude<keyof O, keyof C>]: never };

function declared<T, K extends Kind, O>(kind: K, choices: O, more: Partial<Field> = {}): Declared<T, K, O> {
  return { kind, ...more, ...choices } as Declared<T, K, O>;
}

export const text = <const O extends Choices>(choices: Only<O>) => declared<string, 'text', O>('text', choices);
export const uuid = <const O extends Choices>(choices: Only<O>) => declared<string, 'uuid', O>('uuid', choices);
export const keystoneId = <const O extends Choices>(choices: Only<O>) =>
  declared<string, 'keystone-id', O>('keystone-id', choices);
export const code = <const O extends Choices>(choices: Only<O>) => declared<string, 'code', O>('code', choices);
export const time = <const O extends Choices>(choices: Only<O>) => declared<string, 'time', O>('time', choices);
/** Exact: at most 2^53 - 1. The name of the field says the unit. */
export const integer = <const O extends Choices>(choices: Only<O>) =>
  declared<number, 'integer', O>('integer', choices);
export const boolean = <const O extends Choices>(choices: Only<O>) =>
  declared<boolean, 'boolean', O>('boolean', choices);
export const texts = <const O extends Choices>(choices: Only<O>) => declared<string[], 'texts', O>('texts', choices);
export const strings = <const O extends Choices>(choices: Only<O>) =>
  declared<Record<string, string>, 'strings', O>('strings', choices);

export const oneOf = <const W extends readonly string[], const O extends Choices & { later?: LaterWords }>(
  words: W,
  choices: Only<O, Choices & { later?: LaterWords }>,
) => declared<W[number], 'word', O>('word', choices, { words });

/** `name`: the name of each item in the OpenAPI document; null: it is described in place. */
export const listOf = <const F extends Fields, const O extends Choices>(
  each: F,
  name: string | null,
  choices: Only<O>,
) =>
  declared<FieldsOf<F>[], 'list', O & { each: F }>('list', { ...choices, each } as O & { each: F }, { eachName: name });

/** `json<Schedule>()({ … })`: the type is given, the choices are inferred. */
export const json =
  <T>() =>
  <const O extends Choices>(choices: Only<O>) =>
    declared<T, 'json', O>('json', choices);

type WithFirst<F extends Fields> = {
  [K in keyof F]: F[K] extends { nullable: true } | { first: unknown } ? K : never;
}[keyof F];

/** The fields that must be given when a resource is made; every other field begins as declared. */
export type Given<F extends Fields> = Omit<FieldsOf<F>, WithFirst<F>> & {
  [K in WithFirst<F>]?: FieldsOf<F>[K] | undefined;
};

/** Makes a new resource from the given fields, and the declared first values for the rest. */
export function begun<const F extends Fields>(fields: F, given: Given<F>): FieldsOf<F> {
  const first = Object.entries(fields)
    .filter(([, field]) => field.nullable || 'first' in field)
    .map(([name, field]) => [name, structuredClone(field.first ?? null)]);
  const said = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries([...first, ...said]) as FieldsOf<F>;
}

/** Copies the declared fields of something that may have others, too. */
export const declaredOf = <F extends Fields>(fields: F, source: FieldsOf<F>): FieldsOf<F> =>
  Object.fromEntries(
    Object.keys(fields).map((name) => [name, (source as Record<string, unknown>)[name]]),
  ) as FieldsOf<F>;

type ShownValue<F> = F extends { kind: 'list'; each: infer E extends Fields } ? Shown<E>[] : ValueOf<F>;
type ShownKeys<F extends Fields> = { [K in keyof F]: F[K] extends { shown: true } ? K : never }[keyof F];
type SinceKeys<F extends Fields> = { [K in keyof F]: F[K] extends { since: string } ? K : never }[keyof F];

/** What readers see of it; a field that came with a later version of the API may be missing. */
export type Shown<F extends Fields> = {
  -readonly [K in Exclude<ShownKeys<F>, SinceKeys<F>>]: ShownValue<F[K]>;
} & { -readonly [K in Extract<ShownKeys<F>, SinceKeys<F>>]?: ShownValue<F[K]> };

/** A resource, or as much of it as an answer needs. */
export type Showable<F extends Fields> = { [K in ShownKeys<F>]: ValueOf<F[K]> };

/** Names of shown fields of any form: an answer provides their schemas. */
export type ShownJson<F extends Fields> = {
  [K in keyof F]: F[K] extends { shown: true; kind: 'json' } ? K : never;
}[keyof F];

/** Names of the fields that lists are read with. */
export type Listed<F extends Fields> = { [K in keyof F]: F[K] extends { unlisted: true } ? never : K }[keyof F];
