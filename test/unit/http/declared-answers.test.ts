import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { backupSchema } from '../../../src/api/backups/schemas.ts';
import { backupView } from '../../../src/api/backups/view.ts';
import { shapeOf } from '../../../src/api/calls/answer-shape.ts';
import { viewOf } from '../../../src/api/calls/answer-view.ts';
import { listSpecOf } from '../../../src/api/calls/list/list-spec.ts';
import { readListQuery } from '../../../src/api/calls/list/read-list-query.ts';
import { routes } from '../../../src/api/route-table.ts';
import { boolean, type Fields, json, listOf, oneOf, text, uuid } from '../../../src/domain/fields.ts';
import { BACKUP } from '../../../src/domain/points/backup.ts';
import { sampleOf } from '../../world/declared.ts';

const urls = {
  to: (path: string) => path,
  linksOf: (collection: string, id: string) => [{ rel: 'self', href: `${collection}/${id}` }],
};
const call = { urls, version: '1.1' } as never;

interface Shown {
  path: string;
  fields: Fields;
  schema: z.ZodObject;
  /** Of an answer's fields, those that are worked out and not declared. */
  besides: string[];
  view(resource: never): object;
}

const SHOWN: Shown[] = [
  {
    path: '/v1/backups',
    fields: BACKUP,
    schema: backupSchema,
    besides: ['progress', 'has_dependent_backups', 'links'],
    view: (resource) =>
      backupView({ ...(resource as object), progress: 7, has_dependent_backups: true } as never, call),
  },
];

const namesOf = (fields: Fields, which: (field: Fields[string]) => boolean) =>
  Object.keys(fields).filter((name) => which(fields[name] as Fields[string]));

describe.each(SHOWN)('$path', ({ path, fields, schema, besides, view }) => {
  const shown = namesOf(fields, (field) => field.shown === true);

  test('an answer shows what is declared as shown, and its schema says so', () => {
    const resource = sampleOf(fields);
    const answer = view(resource as never) as Record<string, unknown>;
    expect(Object.keys(answer).sort()).toEqual([...shown, ...besides].sort());
    for (const name of shown)
      if (fields[name]?.kind !== 'list') expect([name, answer[name]]).toEqual([name, resource[name]]);
    expect(Object.keys(schema.shape).sort()).toEqual([...shown, ...besides].sort());
    expect(schema.safeParse(answer).error).toBeUndefined();
  });

  test('callers may filter by what says so, and only by what they see', () => {
    const asked = namesOf(fields, ({ filter }) => filter === 'callers');
    const list = routes.find((one) => one.path === path && one.list)?.list;
    expect(Object.keys(list?.fields ?? {}).sort()).toEqual([...asked].sort());
    expect(asked.filter((name) => !shown.includes(name))).toEqual([]);
  });
});

describe('a declaration', () => {
  const each = { id: text({ shown: true }), pool: text({}) };
  const fields = {
    id: uuid({ shown: true, filter: 'callers' }),
    trust: text({ filter: 'internal' }),
    mood: oneOf(['good', 'odd'], { shown: true, filter: 'callers', later: { odd: { since: '1.1', before: 'good' } } }),
    color: text({ nullable: true, shown: true, filter: 'callers', since: '1.1' }),
    parts: listOf(each, 'Part', { shown: true, first: [] }),
    notes: json<string[]>()({ shown: true, nullable: true }),
    quick: boolean({ shown: true, first: false }),
  };
  const thing = { ...sampleOf(fields), mood: 'odd' as const, color: 'red', parts: [{ id: 'a', pool: 'secret' }] };
  const schema = z.strictObject(shapeOf(fields, { notes: z.array(z.string()) }));
  const pages = { defaultPage: 10, maxPage: 10 };
  const read = (query: string, version: string) =>
    readListQuery(new URLSearchParams(query), listSpecOf(fields), pages, version);

  test('what is not declared as shown is in no answer, nor in parts of it', () => {
    const view = viewOf(fields, thing, '1.1');
    expect(view).toEqual({ ...thing, trust: undefined, parts: [{ id: 'a' }] });
    expect(view).not.toHaveProperty('trust');
    expect(JSON.stringify(view)).not.toContain('secret');
    expect(schema.parse(view)).toEqual(view);
  });

  test('an older client sees no field of a later version, and older words', () => {
    const view = viewOf(fields, thing, '1.0');
    expect(view).not.toHaveProperty('color');
    expect(view.mood).toBe('good');
    expect(schema.parse(view)).toEqual(view);
  });

  test('nor does it filter or sort by such a field', () => {
    expect(read('color=red&sort=color', '1.1')).toMatchObject({
      filters: [{ field: 'color', op: 'eq', values: ['red'] }],
      sort: [{ field: 'color', descending: false }],
    });
    for (const query of ['color=red', 'sort=color', 'trust=1'])
      expect(() => read(query, '1.0')).toThrow(expect.objectContaining({ code: 'vm-backup.query.invalid' }));
    expect(() => read('sort=x', '1.0')).not.toThrow(/color/);
    expect(() => read('trust=1', '1.1')).toThrow(expect.objectContaining({ code: 'vm-backup.query.invalid' }));
  });
});
