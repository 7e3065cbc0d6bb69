import { expect, test } from '@jest/globals';
import { fairOrder } from '../../../src/domain/operations/fair-turns.ts';
import type { ServerSelector } from '../../../src/domain/policies/backup-policy.ts';
import { covers, selectsAny } from '../../../src/domain/policies/policy-servers.ts';

const NOBODY: ServerSelector = { all: false, ids: [], tags: [], metadata: {}, except_ids: [] };
const web = { id: 'web', tags: ['prod', 'tier1'], metadata: { backup: 'daily', owner: 'ann' } };

test.each<[Partial<ServerSelector>, boolean]>([
  [{}, false],
  [{ all: true }, true],
  [{ all: true, except_ids: ['web'] }, false],
  [{ ids: ['web', 'db'] }, true],
  [{ ids: ['db'] }, false],
  [{ tags: ['prod'] }, true],
  [{ tags: ['prod', 'tier2'] }, false],
  [{ metadata: { backup: 'daily' } }, true],
  [{ metadata: { backup: 'weekly' } }, false],
  [{ tags: ['prod'], metadata: { backup: 'weekly' } }, false],
  [{ tags: ['tier2'], ids: ['web'] }, true],
  [{ tags: ['prod'], except_ids: ['web'] }, false],
])('%j covers it: %s', (selector, answer) => {
  expect(covers({ ...NOBODY, ...selector }, web)).toBe(answer);
});

test('a selector that can cover nothing is known as such', () => {
  expect(selectsAny({ ...NOBODY, except_ids: ['x'] })).toBe(false);
  expect(selectsAny({ ...NOBODY, tags: ['x'] })).toBe(true);
});

test('projects take turns; the longest wait comes first within each', () => {
  const run = (project_id: string, due: number) => ({ project_id, due_at: `2026-01-01T00:0${due}` });
  const waiting = [run('a', 3), run('a', 1), run('a', 2), run('b', 4), run('c', 5)];
  const order = (open: [string, number][] = []) =>
    fairOrder(waiting, new Map(open)).map((one) => one.project_id + one.due_at.slice(-1));
  expect(order()).toEqual(['a1', 'b4', 'c5', 'a2', 'a3']);
  expect(order([['a', 2]])).toEqual(['b4', 'c5', 'a1', 'a2', 'a3']);
});
