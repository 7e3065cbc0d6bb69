import { describe, expect, test } from '@jest/globals';
import type { DiskPlan } from '../../../src/api/restores/plan-disks-in-place.ts';
import { planMemory } from '../../../src/api/restores/plan-memory.ts';
import type { RestorablePoint } from '../../../src/api/restores/restorable-point.ts';
import { uuidOf } from '../../world/api/fake-cloud.ts';

const disk = (n: number) => ({
  id: uuidOf(n),
  kind: 'volume' as const,
  device: null,
  volume_id: uuidOf(n),
  size_bytes: 1,
});
const point = (memory: boolean): RestorablePoint => ({
  ...{ type: 'snapshot', id: uuidOf(150), project_id: 'p', server_id: uuidOf(1), status: 'available' },
  memory,
  disks: [disk(10), disk(11)],
  recorded: async () => undefined,
});
const plan = (action: DiskPlan['action'], n: number): DiskPlan => ({
  ...{ disk_id: uuidOf(n), kind: 'volume', size_bytes: 1, action, volume_id: uuidOf(n) },
});
const all = { disks: [plan('replace', 10), plan('replace', 11)], untouched: [] as string[] };
const asked = (fields: object = {}) => ({ memory: null, start: null, disks: null, ...fields });
const codes = (found: ReturnType<typeof planMemory>) =>
  found.conflicts.map((one) => one.code.replace('vm-backup.', ''));

describe('a revert goes on from the memory', () => {
  test('where there is one and the whole server goes back, and not otherwise', () => {
    expect(planMemory(asked(), point(true), all)).toEqual({ memory: true, conflicts: [] });
    expect(planMemory(asked(), point(false), all)).toEqual({ memory: false, conflicts: [] });
    expect(planMemory(asked({ memory: false }), point(true), all).memory).toBe(false);
    expect(planMemory(asked({ start: false }), point(true), all)).toEqual({ memory: false, conflicts: [] });
    expect(planMemory(asked({ disks: [uuidOf(10)] }), point(true), all)).toEqual({ memory: false, conflicts: [] });
  });

  test('never without being able to: every reason is told', () => {
    const wanted = { memory: true };
    expect(codes(planMemory(asked(wanted), point(false), all))).toEqual(['memory.none']);
    expect(codes(planMemory(asked({ ...wanted, start: false }), point(true), all))).toEqual(['request.invalid']);
    const some = { ...all, disks: [plan('replace', 10)] };
    expect(codes(planMemory(asked({ ...wanted, disks: [uuidOf(10)] }), point(true), some))).toEqual([
      'request.invalid',
    ]);
  });

  test.each([
    ['a volume was attached since', { ...all, untouched: [uuidOf(12)] }],
    ['one was detached', { ...all, disks: [plan('replace', 10), plan('replace_and_attach', 11)] }],
    ['one was deleted', { ...all, disks: [plan('replace', 10), plan('create_volume_and_attach', 11)] }],
  ])('not when %s: it knows the disks of its instant', (_why, seen) => {
    expect(codes(planMemory(asked(), point(true), seen))).toEqual(['memory.disks-differ']);
  });
});
