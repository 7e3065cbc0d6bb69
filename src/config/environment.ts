import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { camel, isMap, isTree, snake, type Tree } from './configured-keys.ts';
import { Secret } from './secret.ts';

/** Settings that may contain a password: they come from the environment or a file named there, never from YAML. */
export const SECRETS = ['keystone.password', 'redis.url', 'database.url'] as const;
const MAX_SECRET_BYTES = 16_384;

const SECTIONS_OF_ONE = new Set(['targets']);

/**
 * `REWIND_<SECTION>_<KEY>` → the tree of settings. The names are found by walking the defaults, so a variable for one
 * of our sections that names no setting is a mistake and is reported; other REWIND_ variables are not ours.
 */
export function fromEnvironment(
  env: NodeJS.ProcessEnv,
  defaults: Tree,
  problems: string[],
  /** Other sections are not looked at, and files with their secrets are not read. */
  wanted: ReadonlySet<string> = new Set(Object.keys(defaults)),
): Tree {
  const settings: Tree = {};
  const known = new Map(settingPaths(defaults).map((path) => [variableName(path), path]));
  const sections = Object.keys(defaults).map((section) => `REWIND_${snake(section).toUpperCase()}`);
  for (const [name, text] of Object.entries(env)) {
    if (text === undefined || !name.startsWith('REWIND_')) continue;
    const path = known.get(name) ?? known.get(name.replace(/_FILE$/, ''));
    if (!path) {
      if (sections.some((section) => name.startsWith(`${section}_`))) problems.push(`${name}: no such setting`);
    } else if (!wanted.has(path[0] as string)) continue;
    else if (isSecret(path)) {
      const value = name.endsWith('_FILE') ? secretFromFile(name, text, problems) : text;
      if (value !== undefined) put(settings, path, new Secret(value));
    } else if (known.has(name)) put(settings, path, interpret(name, text, at(defaults, path), problems));
    else problems.push(`${name}: no such setting`);
  }
  return settings;
}

export const variableName = (path: readonly string[]): string =>
  `REWIND_${path.map((part) => snake(part).toUpperCase()).join('_')}`;

const isSecret = (path: readonly string[]): boolean => (SECRETS as readonly string[]).includes(path.join('.'));

/** Every leaf of the tree, and the secrets, which no file mentions. */
function settingPaths(defaults: Tree): string[][] {
  const paths = SECRETS.map((path) => path.split('.'));
  const walk = (tree: Tree, path: string[]): void => {
    for (const [key, value] of Object.entries(tree)) {
      const here = [...path, key];
      if (isTree(value) && !isMap(here)) walk(value, here);
      else if (here.length > 1 || SECTIONS_OF_ONE.has(key)) paths.push(here);
    }
  };
  walk(defaults, []);
  return paths;
}

function secretFromFile(name: string, file: string, problems: string[]): string | undefined {
  try {
    const text = readFileSync(file, 'utf8');
    if (text.length > MAX_SECRET_BYTES) throw new Error('too long');
    return text.replace(/\r?\n$/, '');
  } catch {
    problems.push(`${name}: the file cannot be read`);
    return undefined;
  }
}

/** The default's type decides how the text is read; lists of plain words may be comma-separated. */
function interpret(name: string, text: string, fallback: unknown, problems: string[]): unknown {
  if (text === '') return typeof fallback === 'string' ? '' : null;
  if (typeof fallback === 'string' || fallback === null) return text;
  if (Array.isArray(fallback) && !/^\s*\[/.test(text)) return text.split(',').map((word) => word.trim());
  try {
    const value: unknown = parse(text);
    return Array.isArray(value) ? value.map((item) => (isTree(item) ? camelTree(item) : item)) : value;
  } catch {
    problems.push(`${name}: cannot be read as ${Array.isArray(fallback) ? 'a list' : 'a value'}`);
    return fallback;
  }
}

const camelTree = (tree: Tree): Tree =>
  Object.fromEntries(Object.entries(tree).map(([key, value]) => [camel(key), value]));

function at(tree: Tree, path: readonly string[]): unknown {
  return path.reduce<unknown>((node, key) => (isTree(node) ? node[key] : undefined), tree);
}

function put(tree: Tree, path: readonly string[], value: unknown): void {
  let node = tree;
  for (const key of path.slice(0, -1)) {
    node[key] = isTree(node[key]) ? node[key] : {};
    node = node[key] as Tree;
  }
  node[path[path.length - 1] as string] = value;
}
