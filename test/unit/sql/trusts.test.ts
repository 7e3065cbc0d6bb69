import { expect, test } from '@jest/globals';
import { sqlPolicies } from '../../../src/adapters/sql/policies/sql-policies.ts';
import { aPolicy } from '../../contract/sql/examples.ts';
import { freshDatabase } from '../../world/fresh-database.ts';

test('a trust with which no policy was saved is an old one after a while; one that a policy has is not', async () => {
  const db = await freshDatabase();
  let nowMs = Date.parse('2026-01-01T00:00:00Z');
  const policies = sqlPolicies(db, { now: () => nowMs, monotonic: () => nowMs, sleep: async () => {} });
  for (const id of ['created', 'updated', 'lost']) await policies.trustMade(id);
  const policy = aPolicy({ trust_id: 'created' });
  await policies.createPolicy(policy, 10);
  await policies.updatePolicy(policy.id, { trust_id: 'updated' });
  // One that is gone meanwhile takes none.
  await policies.updatePolicy(aPolicy().id, { trust_id: 'lost' });
  expect(await policies.oldTrusts()).toEqual(['created']);
  nowMs += 900_000;
  expect(await policies.oldTrusts()).toEqual(['created', 'lost']);
  await db.destroy();
});
