/**
 * Writes the tables of docs/api.md: the calls from the route table, the codes from the catalogue of errors. Between its
 * marks nothing is written by hand: `node deploy/bin/write-api-tables.ts`. A test compares.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { routes } from '../../src/api/route-table.ts';
import type { Entry } from '../../src/domain/errors/entry.ts';
import { SECTIONS } from '../../src/domain/errors/error-catalogue.ts';

export const API_DOCUMENT = fileURLToPath(new URL('../../docs/api.md', import.meta.url));

const LETTERS = { failed: 'F', errored: 'E', bug: 'B' } as const;
const PLACES = {
  ...{ op: 'op', start: 'start', run: 'run', message: 'message', log: 'log' },
  ...{ admin: '`admin`', debt: "a debt's" },
} as const;

/** The document with its tables as they are to be. Throws when a mark is missing. */
export const written = (document: string): string =>
  between(between(document, 'calls', callsTable()), 'codes', codesTables());

function between(document: string, name: string, text: string): string {
  const [begin, end] = [`<!-- ${name}: written by deploy/bin/write-api-tables.ts -->`, `<!-- end of ${name} -->`];
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/api.md has lost its marks of ${name}`);
  return `${document.slice(0, from + begin.length)}\n${text}\n${document.slice(to)}`;
}

function callsTable(): string {
  const rows = routes.map(({ method, path, query = [], list, summary }) => {
    const asked = query.length > 0 && !list ? `?${query.map((name) => `${name}=`).join('&')}` : '';
    return `| \`${method.toUpperCase()} ${path}${asked}\` | ${cell(summary)} |`;
  });
  return ['| call | |', '|---|---|', ...rows].join('\n');
}

const codesTables = (): string =>
  SECTIONS.map(([title, codes]) =>
    [`\n### ${title}`, '| code | | what to do |', '|---|---|---|', ...rowsOf(codes)].join('\n'),
  ).join('\n');

/** Neighbours of which the same is said share a row. */
function rowsOf(codes: Record<string, Entry>): string[] {
  const rows: { said: string; codes: string[] }[] = [];
  for (const [code, entry] of Object.entries(codes)) {
    const said = `${whereOf(entry)} | ${cell(helpOf(entry))}`;
    const last = rows.at(-1);
    if (last?.said === said) last.codes.push(code);
    else rows.push({ said, codes: [code] });
  }
  return rows.map((row) => `| ${row.codes.map(shortened).join(', ')} | ${row.said} |`);
}

/** `.other` where the code before it has the same beginning. */
function shortened(code: string, at: number, row: readonly string[]): string {
  const parent = parentOf(code);
  const same = parent !== '' && at > 0 && parentOf(row[at - 1] ?? '') === parent;
  return `\`${same ? code.slice(parent.length) : code}\``;
}

const parentOf = (code: string): string => code.slice(0, Math.max(code.lastIndexOf('.'), 0));

function whereOf({ status, fault, retry, or, seen = [] }: Entry): string {
  const places = [...statuses(status, or), ...seen.map((place) => PLACES[place])];
  const letters = [fault, ...(or?.fault ?? [])].map((one) => LETTERS[one]);
  const again = retry ? (or?.retry ? ', mostly again' : ', again') : or?.retry ? ', sometimes again' : '';
  return `${places.join(', ')} ${letters.join(' or ')}${again}`;
}

const statuses = (status: Entry['status'], or: Entry['or']): number[] =>
  status === undefined ? [] : [status, ...(or?.status ?? [])];

function helpOf({ fault, help, hint, words = '', runbook }: Entry): string {
  const said = (help ?? hint ?? (fault === 'bug' ? "report it, with the request's log" : words)).replace(/\.$/, '');
  const link = runbook === undefined ? '' : `[runbook](runbooks/${runbook}.md)`;
  return [said, link].filter((part) => part !== '').join('; ');
}

const cell = (text: string): string => text.replaceAll('|', '\\|');

if (import.meta.main) {
  const before = readFileSync(API_DOCUMENT, 'utf8');
  writeFileSync(API_DOCUMENT, written(before));
}
