import { describe, expect, it } from '@jest/globals';
import type { GuestClockState } from '../../../../src/domain/points/instant.ts';
import type { StepContext } from '../../../../src/workflow-engine/step.ts';
import { clockOf, restoreMemory } from '../../../../src/workflows/steps/server/restore-memory.ts';
import { snapWithMemory } from '../../../../src/workflows/steps/server/snap-with-memory.ts';
import { clockDifference } from '../../../../src/workflows/steps/server/tell-clock.ts';
import type { World } from '../../../../src/workflows/world.ts';
import { silentLog } from '../../../world/silent-log.ts';

const SERVER = '11111111-1111-4111-8111-111111111111';
const MEMORY = { pool: 'snapshots', image: 'rewind-m-1' };

/** A server that runs, and an agent that says so of its clock. */
function context(clock: GuestClockState) {
  const told: unknown[] = [];
  const server = { projectId: 'project', status: 'ACTIVE', taskState: null, powerState: 1, host: 'one', raw: {} };
  const world = {
    cloud: { admin: { compute: { serverState: async () => server } } },
    ceph: { watchers: async () => [] },
    clock: { now: () => 0, sleep: async () => {} },
    hosts: {
      restoreMemory: async () => ({ already: false, clockSet: clock.set, clockOffMs: clock.offMs }),
      takeMemory: async () => ({ at: 'now', consistency: 'crash', pausedMs: 5_000, clock }),
    },
    tell: async (message: unknown) => void told.push(message),
  } as unknown as World;
  const of = {
    world,
    log: silentLog,
    signal: new AbortController().signal,
    operation: { id: 'op', project_id: 'project' },
    fence: 1,
    boundary: () => {},
    proveLease: async () => {},
    waitFor: async (look: () => Promise<unknown>) => look(),
  } as unknown as StepContext<World>;
  return { of, told };
}

describe('a clock that is off', () => {
  it.each([
    [{ set: false, offMs: -903_000 }, '903.0 s behind'],
    [{ set: false, offMs: null }, 'does not answer'],
  ])('is told after a restore with memory, and after memory was taken: %j', async (clock, words) => {
    const back = context(clock);
    const restored = await restoreMemory.act(back.of, { serverId: SERVER, memory: MEMORY });
    expect(clockDifference(clockOf(restored))).toMatchObject({
      code: 'memory.clock',
      detail: expect.stringContaining(words),
    });
    const taken = context(clock);
    await snapWithMemory.act(taken.of, { serverId: SERVER, memory: MEMORY, images: [], snap: 's' });
    const message = { projectId: 'project', serverId: SERVER, level: 'WARNING', code: 'memory.clock' };
    expect([back.told, taken.told]).toMatchObject([[message], [message]]);
  });

  it('is not told when it is right', async () => {
    const { of, told } = context({ set: true, offMs: 3 });
    expect(clockDifference(clockOf(await restoreMemory.act(of, { serverId: SERVER, memory: MEMORY })))).toBeNull();
    await snapWithMemory.act(of, { serverId: SERVER, memory: MEMORY, images: [], snap: 's' });
    expect(told).toEqual([]);
  });
});
