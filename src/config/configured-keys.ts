/** Translates between the operator's `max_body_bytes` and the code's `maxBodyBytes`. Keys of maps are data and stay. */
const MAPS = new Set(['keystone.endpointOverrides', 'ceph.volumeHosts']);
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

export type Tree = { [key: string]: unknown };

export const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.getPrototypeOf(value) === Object.prototype;

export const camel = (key: string): string => key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
export const snake = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

export const isMap = (path: readonly string[]): boolean => MAPS.has(path.join('.'));

/** Reports every key that is not snake_case, so that `maxPage` is refused rather than accepted. */
export function camelKeys(value: unknown, problems: string[], path: string[] = []): unknown {
  if (Array.isArray(value)) return value.map((item) => camelKeys(item, problems, path));
  if (!isTree(value)) return value;
  if (isMap(path)) return value;
  const result: Tree = {};
  for (const [key, item] of Object.entries(value)) {
    if (FORBIDDEN.has(key) || !/^[a-z0-9_]+$/.test(key)) problems.push(`${shown([...path, key])}: no such setting`);
    else result[camel(key)] = camelKeys(item, problems, [...path, camel(key)]);
  }
  return result;
}

/** `over` wins; maps and lists are replaced as a whole, sections are merged. */
export function merge(under: Tree, over: Tree, path: string[] = []): Tree {
  const result: Tree = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = result[key];
    const here = [...path, key];
    result[key] = isTree(below) && isTree(value) && !isMap(here) ? merge(below, value, here) : value;
  }
  return result;
}

/** The path as the operator wrote it. */
export const shown = (path: readonly PropertyKey[]): string => path.map((part) => snake(String(part))).join('.');
