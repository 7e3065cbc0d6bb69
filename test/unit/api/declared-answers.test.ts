import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { backupSchema } from '../../../src/api/backups/schemas.ts';
import { backupView } from '../../../src/api/backups/view.ts';
import { shapeOf } from '../../../src/api/calls/answer-shape.ts';
import { viewOf } from '../../../src/api/calls/answer-view.ts';
import { listSpecOf } from '../../../src/api/calls/list/list-spec.ts';
import { readListQuery } from '../../../src/api/calls/list/read-list-query.ts';
import { messageSchema } from '../../../src/api/messages/schemas.ts';
import { messageView } from '../../../src/api/messages/view.ts';
import { operationSchema } from '../../../src/api/operations/schemas.ts';
import { operationView } from '../../../src/api/operations/view.ts';
import { policyRunsAnswer, policySchema } from '../../../src/api/policies/schemas.ts';
import { policyRunView, policyView } from '../../../src/api/policies/view.ts';
import { restoreSchema } from '../../../src/api/restores/schemas.ts';
import { restoreView } from '../../../src/api/restores/view.ts';
import { routes } from '../../../src/api/route-table.ts';
import { snapshotSchema } from '../../../src/api/snapshots/schemas.ts';
import { snapshotView } from '../../../src/api/snapshots/view.ts';
import { boolean, type Fields, json, listOf, oneOf, text, uuid } from '../../../src/domain/fields.ts';
import { MESSAGE } from '../../../src/domain/message.ts';
import { OPERATION } from '../../../src/domain/operations/operation.ts';
import { BACKUP } from '../../../src/domain/points/backup.ts';
import { RESTORE } from '../../../src/domain/points/restore.ts';
import { SNAPSHOT } from '../../../src/domain/points/snapshot.ts';
import { POLICY, POLICY_RUN } from '../../../src/domain/policies/backup-policy.ts';
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
  /** Those that only some answers have. */
  optional?: string[];
  /** Values of fields of any form. */
  forms?: Record<string, unknown>;
  view(resource: never): object;
}

const WITH_PROGRESS = { progress: 7, has_dependent_backups: true };
const withProgress = (resource: object) => ({ ...resource, ...WITH_PROGRESS }) as never;
const row = (answer: z.ZodObject, name: string) => (answer.shape[name] as z.ZodArray<z.ZodObject>).element;

const SHOWN: Shown[] = [
  {
    path: '/v1/backups',
    fields: BACKUP,
    schema: backupSchema,
    besides: ['progress', 'has_dependent_backups', 'links'],
    view: (backup) => backupView(withProgress(backup), call),
  },
  {
    path: '/v1/snapshots',
    fields: SNAPSHOT,
    schema: snapshotSchema,
    besides: ['progress', 'links'],
    view: (snapshot) => snapshotView(withProgress(snapshot), call),
  },
  {
    path: '/v1/restores',
    fields: RESTORE,
    schema: restoreSchema,
    besides: ['progress', 'links'],
    forms: { differences: [{ code: 'server.user', detail: 'ü' }] },
    view: (restore) => restoreView(withProgress(restore), call),
  },
  {
    path: '/v1/operations',
    fields: OPERATION,
    schema: operationSchema,
    besides: ['action', 'fail_code', 'fail_reason', 'fail_hint', 'fault', 'links'],
    optional: ['steps'],
    forms: { failure: { code: 'vm-backup.server.busy', reason: 'ü', fault: 'failed', hint: null } },
    view: (operation) => operationView(operation, call),
  },
  {
    path: '/v1/policies',
    fields: POLICY,
    schema: policySchema,
    besides: ['links'],
    forms: {
      servers: { all: false, ids: [], tags: ['ü'], metadata: {}, except_ids: [] },
      schedule: { cron: '0 2 * * *', time_zone: 'UTC', window_minutes: null, jitter_minutes: 0 },
      retention: null,
    },
    view: (policy) => policyView(policy, call),
  },
  {
    path: '/v1/policy-runs',
    fields: POLICY_RUN,
    schema: row(policyRunsAnswer, 'policy-runs'),
    besides: [],
    view: (run) => policyRunView(run, call),
  },
  {
    path: '/v1/messages',
    fields: MESSAGE,
    schema: messageSchema,
    besides: ['links'],
    view: (message) => messageView(message, call),
  },
];

const namesOf = (fields: Fields, which: (field: Fields[string]) => boolean) =>
  Object.keys(fields).filter((name) => which(fields[name] as Fields[string]));

describe.each(SHOWN)('$path', ({ path, fields, schema, besides, optional = [], forms = {}, view }) => {
  const shown = namesOf(fields, (field) => field.shown === true);

  test('an answer shows what is declared as shown, and its schema says so', () => {
    const resource: Record<string, unknown> = { ...sampleOf(fields), ...forms };
    const answer = view(resource as never) as Record<string, unknown>;
    expect(Object.keys(answer).sort()).toEqual([...shown, ...besides].sort());
    for (const name of shown)
      if (fields[name]?.kind !== 'list') expect([name, answer[name]]).toEqual([name, resource[name]]);
    expect(Object.keys(schema.shape).sort()).toEqual([...shown, ...besides, ...optional].sort());
    expect(schema.safeParse(answer).error).toBeUndefined();
  });

  test('callers may filter by what says so, and only by what they see', () => {
    const asked = namesOf(fields, ({ filter }) => filter === 'callers');
    const list = routes.find((one) => one.path === path && one.list)?.list;
    expect(Object.keys(list?.fields ?? {}).sort()).toEqual([...asked].sort());
    expect(asked.filter((name) => !shown.includes(name))).toEqual([]);
  });
});

test('what stays with Rewind is no slip of the pen: whoever opens a field changes this list, too', () => {
  const hidden = (fields: Fields): string[] =>
    Object.entries(fields).flatMap(([name, { shown, each }]) =>
      shown ? hidden(each ?? {}).map((part) => `${name}.${part}`) : [name],
    );
  expect(Object.fromEntries(SHOWN.map(({ path, fields }) => [path, hidden(fields).sort()]))).toEqual({
    '/v1/backups': [],
    '/v1/snapshots': [
      ...['availability_zone', 'bootable', 'delete_on_termination', 'description', 'image', 'image_id'],
      ...['image_metadata', 'metadata', 'volume_type'],
    ]
      .map((part) => `disks.${part}`)
      .concat('environment'),
    '/v1/restores': [],
    '/v1/operations': ['failure', 'input', 'workflow'],
    '/v1/policies': ['credential_id', 'retained_at', 'roles', 'trust_id'],
    '/v1/policy-runs': ['places'],
    '/v1/messages': [],
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
