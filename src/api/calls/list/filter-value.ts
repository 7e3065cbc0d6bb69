import { badRequest } from '../call-errors.ts';
import { MAX_FILTER_VALUES } from '../http-settings.ts';
import type { FieldType } from './list-spec.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?$/i;
const MAX_TEXT = 255;

/** A value in the form that the stores take: times in UTC, words checked. Rejects with `query.invalid` (400). */
export function filterValue(field: string, type: FieldType, text: string): string {
  if (typeof type !== 'string') {
    if (!type.includes(text)) throw wrong(field, `one of ${type.join(', ')}`);
    return text;
  }
  switch (type) {
    case 'uuid':
      if (!UUID.test(text)) throw wrong(field, 'a UUID');
      return text;
    case 'number':
      if (!/^\d{1,15}$/.test(text)) throw wrong(field, 'a whole number');
      return text;
    case 'boolean':
      return String(readBoolean(field, text));
    case 'time':
      return readTime(field, text);
    case 'code':
    case 'text':
      if (text.length > MAX_TEXT || /\p{Cc}/u.test(text))
        throw wrong(field, `a text of at most ${MAX_TEXT} characters`);
      return text;
  }
}

export function readBoolean(field: string, text: string): boolean {
  if (/^(true|1|yes)$/i.test(text)) return true;
  if (/^(false|0|no)$/i.test(text)) return false;
  throw wrong(field, 'true or false');
}

/** ISO 8601; any offset, and none means UTC. */
export function readTime(field: string, text: string): string {
  // In a query, an unescaped plus has become a space.
  const whole = text.replace(/ (?=\d\d:?\d\d$)/, '+');
  const zoned = /(Z|[+-]\d\d:?\d\d)$/i.test(whole.slice(10)) || whole.length === 10 ? whole : `${whole}Z`;
  const ms = TIME.test(whole) ? Date.parse(zoned.replace(/([+-]\d\d)(\d\d)$/, '$1:$2')) : Number.NaN;
  if (Number.isNaN(ms)) throw wrong(field, 'a time like 2026-01-31T12:00:00Z');
  return new Date(ms).toISOString();
}

/** Values of `in:`, separated by commas, in double quotes if they contain one; a doubled quote is a quote. */
export function readCsv(field: string, text: string): string[] {
  const values: string[] = [];
  const value = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;
  while (value.lastIndex <= text.length) {
    const found = value.exec(text);
    if (!found) throw wrong(field, 'a list of values separated by commas');
    values.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? '');
    if (values.length > MAX_FILTER_VALUES) throw wrong(field, `a list of at most ${MAX_FILTER_VALUES} values`);
    if (found[3] === '') return values;
  }
  return values;
}

export const wrong = (field: string, expected: string) =>
  badRequest('query.invalid', `Query parameter ${field} must be ${expected}.`);
