import { expect, test } from '@jest/globals';
import { PROJECT } from '../../world/api/people.ts';
import { SchedulerWorld } from '../../world/scheduler-world.ts';

const MINUTE = 60;

test('a user who has deleted the application credential that the policy was saved with: it does not run, and says so', async () => {
  const world = new SchedulerWorld();
  world.addServers(1);
  const policy = world.add({ acts_by: 'roles', trust_id: null, credential_id: 'ac1', roles: ['member'] });
  world.delegations.standing.set(`${policy.user_id} ${PROJECT}`, ['member']);
  world.delegations.deleted.add('ac1');
  await world.pass(MINUTE);
  expect(world.policies.rows.get(policy.id)).toMatchObject({ fail_code: 'vm-backup.policy.credential-gone' });
  expect(world.runs()).toEqual([]);
  world.delegations.deleted.clear();
  await world.pass(26 * 60);
  expect(world.runs().length).toBeGreaterThan(0);
});
