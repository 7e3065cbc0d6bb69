import type { ListQuery } from '../../../ports/stores/list-query.ts';
import type { ListRequest } from '../../shared/paged-list.ts';
import { badRequest } from '../call-errors.ts';
import { type HttpSettings, MAX_QUERY_PARAMETERS, MAX_SORT_KEYS } from '../http-settings.ts';
import { atLeast } from '../version.ts';
import { codeAt, knownAt, wordsShownAs } from '../version-words.ts';
import { filterValue, readBoolean, readCsv, readTime, wrong } from './filter-value.ts';
import { type FieldType, type ListSpec, OPERATORS } from './list-spec.ts';

type Filter = ListQuery['filters'][number];

const OPERATOR = new RegExp(`^(${OPERATORS.join('|')}):`);
const ALIASES: Record<string, Filter['op']> = { ge: 'gte', le: 'lte' };
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * `limit marker sort with_count all_projects changes-since changes-before` and a filter for each field; if a field is
 * repeated, all its filters must hold. Rejects with `query.invalid`, `marker.unknown` (400): nothing is ignored.
 */
export function readListQuery(
  query: URLSearchParams,
  spec: ListSpec,
  pages: { defaultPage: number; maxPage: number },
  version: string,
): ListRequest {
  if (query.size > MAX_QUERY_PARAMETERS) throw badRequest('query.invalid', 'There are too many query parameters.');
  const once = (name: string): string | null => onlyOnce(query, name);
  const flag = (name: string): boolean => {
    const text = once(name);
    return text !== null && readBoolean(name, text);
  };
  const request: ListRequest = {
    filters: [],
    sort: readSort(once('sort'), spec, version),
    limit: readLimit(once('limit'), pages),
    marker: readMarker(once('marker')),
    withCount: flag('with_count'),
    allProjects: flag('all_projects'),
  };
  for (const [name, value] of query) {
    if (COMMON.has(name)) continue;
    const filter = readFilter(name, value, spec, version);
    if (!filter) throw badRequest('query.invalid', `There is no query parameter ${shown(name)}.`);
    request.filters.push(filter);
  }
  return request;
}

/** The value of a parameter that may not be repeated; null: it is absent. */
export function onlyOnce(query: URLSearchParams, name: string): string | null {
  const values = query.getAll(name);
  if (values.length > 1) throw wrong(name, 'given once');
  return values[0] ?? null;
}

const COMMON = new Set(['limit', 'marker', 'sort', 'with_count', 'all_projects']);

function readFilter(name: string, value: string, spec: ListSpec, version: string): Filter | undefined {
  if (name === 'changes-since') return { field: 'updated_at', op: 'gte', values: [readTime(name, value)] };
  if (name === 'changes-before') return { field: 'updated_at', op: 'lte', values: [readTime(name, value)] };
  const type = typeAt(spec, name, version);
  if (type === undefined) return undefined;
  const word = OPERATOR.exec(value)?.[1];
  const rest = word === undefined ? value : value.slice(word.length + 1);
  const op = word === undefined ? 'eq' : (ALIASES[word] ?? (word as Filter['op']));
  const texts = op === 'in' || op === 'nin' ? readCsv(name, rest) : [rest];
  const later = spec.later?.[name];
  const words = later && typeof type !== 'string' ? type.filter((word) => knownAt(version, later, word)) : type;
  const values = texts.map((text) => filterValue(name, words, text));
  if (type === 'code') return ofCodes({ field: name, op, values }, version);
  return later
    ? allWords({ field: name, op, values }, (word) => wordsShownAs(version, later, word))
    : { field: name, op, values };
}

/** Undefined: there is no such field, or not yet for a client of this version. */
function typeAt(spec: ListSpec, name: string, version: string): FieldType | undefined {
  if (!Object.hasOwn(spec.fields, name)) return undefined;
  const since = spec.since?.[name];
  return since === undefined || atLeast(version, since) ? spec.fields[name] : undefined;
}

const fieldsAt = (spec: ListSpec, version: string): string[] =>
  Object.keys(spec.fields).filter((name) => typeAt(spec, name, version) !== undefined);

/** Older clients read more specific codes as the general one, and find them by it. */
function ofCodes(filter: Filter, version: string): Filter {
  const { op } = filter;
  const general = filter.values.some((code) => codeAt(version, `${code}.exacter`) === code);
  if (!general) return filter;
  if (op === 'eq' || op === 'in') return { ...filter, op: 'in', exacter: true };
  return op === 'neq' || op === 'nin' ? { ...filter, op: 'nin', exacter: true } : filter;
}

/** If older clients read several words as one, a filter with that word stands for all of them. */
function allWords(filter: Filter, stored: (word: string) => string[]): Filter {
  const values = filter.values.flatMap(stored);
  if (values.length === filter.values.length) return filter;
  if (filter.op === 'eq') return { ...filter, op: 'in', values };
  if (filter.op === 'neq') return { ...filter, op: 'nin', values };
  return filter.op === 'in' || filter.op === 'nin' ? { ...filter, values } : filter;
}

type Pages = Pick<HttpSettings, 'defaultPage' | 'maxPage'>;

export function readLimit(text: string | null, { defaultPage, maxPage }: Pages): number {
  if (text === null) return defaultPage;
  if (!/^\d{1,15}$/.test(text) || Number(text) < 1) throw wrong('limit', 'a whole number above 0');
  return Math.min(Number(text), maxPage);
}

export function readMarker(text: string | null): string | null {
  if (text !== null && !UUID.test(text)) throw badRequest('marker.unknown', 'The marker names nothing in this list.');
  return text;
}

/** `created_at:desc,name`; ascending unless it says otherwise. */
function readSort(text: string | null, spec: ListSpec, version: string): ListQuery['sort'] {
  if (text === null || text === '') return [];
  const keys = text.split(',');
  if (keys.length > MAX_SORT_KEYS) throw wrong('sort', `a list of at most ${MAX_SORT_KEYS} keys`);
  return keys.map((key) => {
    const [field = '', direction = 'asc', ...rest] = key.split(':');
    if (typeAt(spec, field, version) === undefined || !/^(asc|desc)$/.test(direction) || rest.length > 0)
      throw wrong('sort', `keys like created_at:desc out of ${fieldsAt(spec, version).join(', ')}`);
    return { field, descending: direction === 'desc' };
  });
}

const shown = (name: string): string => (/^[\w.-]{1,64}$/.test(name) ? name : 'of this name');
