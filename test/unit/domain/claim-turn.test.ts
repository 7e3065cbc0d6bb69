import { expect, test } from '@jest/globals';
import { type Claimable, type Claiming, nextToClaim } from '../../../src/domain/operations/claim-turn.ts';

const NOW = 10_000_000;
const HOUR = 3_600_000;

let made = 0;
const one = (workflow: string, more: Partial<Claimable> = {}): Claimable => {
  made += 1;
  return { id: `o${made}`, projectId: 'p', workflow, fence: 0, createdAtMs: NOW - 1_000 + made, ...more };
};
const now = (more: Partial<Claiming> = {}): Claiming => ({
  ...{ slots: 4, mine: [], running: new Map(), served: new Map(), nowMs: NOW },
  ...more,
});

test.each<[string, Claimable, Claimable]>([
  ['a restore before what is made for later', one('create-backup/1'), one('restore-volumes/1')],
  ['that before what looks after things', one('verify-backup/1'), one('create-backup/1')],
  ['what was begun once before what nobody has begun', one('create-backup/1'), one('verify-backup/1', { fence: 1 })],
  [
    'what has waited for more than an hour before what has not',
    one('create-backup/1'),
    one('verify-backup/1', { createdAtMs: NOW - HOUR - 1 }),
  ],
  ['of two alike the older', one('create-backup/1', { createdAtMs: NOW }), one('create-backup/1', { createdAtMs: 5 })],
])('%s', (_, later, first) => {
  for (const waiting of [
    [later, first],
    [first, later],
  ])
    expect(nextToClaim(waiting, now())).toBe(first);
});

test('a project that has less running comes first, whatever it waits for; then the one whose turn is longest ago', () => {
  const [mine, theirs] = [one('restore-volumes/1'), one('verify-backup/1', { projectId: 'q' })];
  expect(nextToClaim([mine, theirs], now({ running: new Map([['p', 1]]) }))).toBe(theirs);
  const [third, fourth] = [one('create-backup/1'), one('create-backup/1', { projectId: 'q' })];
  const served = new Map([
    ['p', 2],
    ['q', 1],
  ]);
  expect(nextToClaim([third, fourth], now({ served }))).toBe(fourth);
});

test.each<[number, Pick<Claimable, 'projectId' | 'workflow'>[], string | undefined]>([
  // The last slot is for restores.
  [2, [{ projectId: 'q', workflow: 'create-backup/1' }], 'restore-volumes/1'],
  [2, [{ projectId: 'q', workflow: 'restore-volumes/1' }], 'restore-volumes/1'],
  [1, [], 'restore-volumes/1'],
  [1, [{ projectId: 'q', workflow: 'create-backup/1' }], undefined],
  // Of more than two no project has all.
  [3, Array(2).fill({ projectId: 'p', workflow: 'restore-volumes/1' }), undefined],
  [3, Array(2).fill({ projectId: 'q', workflow: 'restore-volumes/1' }), 'restore-volumes/1'],
])('of %i slots, %j taken: %s', (slots, mine, workflow) => {
  const waiting = [one('create-backup/1'), one('restore-volumes/1')];
  expect(nextToClaim(waiting, now({ slots, mine }))?.workflow).toBe(workflow);
});

test('the slot that is left for restores is left free of other work', () => {
  const mine = [{ projectId: 'q', workflow: 'create-backup/1' }];
  expect(nextToClaim([one('create-backup/1')], now({ slots: 2, mine }))).toBeUndefined();
  expect(nextToClaim([one('create-backup/1')], now({ slots: 3, mine }))).toBeDefined();
});
