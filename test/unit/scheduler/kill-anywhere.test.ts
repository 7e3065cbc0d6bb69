import { expect, test } from '@jest/globals';
import { sampledCalls } from '../../world/sampling.ts';
import { SchedulerWorld } from '../../world/scheduler-world.ts';

const MINUTE = 60;

/** Three minutes of a policy on two servers; killed at one call of a port, followed by another process. */
async function story(killAt?: SchedulerWorld['killAt']) {
  const world = new SchedulerWorld();
  const servers = world.addServers(2);
  world.add({ retention: { keep_last: 1, hourly: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0 } });
  // The same name: as if it were restarted at once, so that no time passes.
  const restarted = () => 'worker';
  world.settings.leaseMs = 0;
  if (killAt) world.killAt = killAt;
  await world.pass(3 * MINUTE + 25, restarted);
  const made = [...world.stores.operationRows.values()].filter((one) => one.workflow === 'create-backup/1').length;
  return { runs: world.runs(), kept: servers.map((id) => world.kept(id)), made, calls: world.calls };
}

test('killed at every call of every port, before and after its effect: nothing lost, nothing doubled', async () => {
  const undisturbed = await story();
  expect(undisturbed).toMatchObject({ kept: [['00:03'], ['00:03']], made: 6 });
  expect(undisturbed.runs).toHaveLength(6);
  expect(undisturbed.calls).toBeGreaterThan(100);
  for (const call of sampledCalls(undisturbed.calls)) {
    for (const when of ['before', 'after'] as const) {
      const { runs, kept, made } = await story({ call, when });
      expect({ call, when, runs, kept, made }).toEqual({
        call,
        when,
        runs: undisturbed.runs,
        kept: undisturbed.kept,
        made: 6,
      });
    }
  }
}, 120_000);
