import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { kept } from '../../world/kept.ts';
import { aBackup, aMessage, anOperation, aPolicy, aQuery, aRun, OTHER_PROJECT, PROJECT } from './examples.ts';
import type { Stores } from './stores.ts';

/** Policies, what they have planned, and who is first. */
export function policiesContract(stores: () => Stores): void {
  const MOST = 10_000;
  const T = (minute: number) => new Date(Date.UTC(2026, 0, 1, 2, minute)).toISOString();
  const create = async (...given: Parameters<typeof aPolicy>) => {
    const policy = aPolicy(...given);
    await stores().policies.createPolicy(policy, MOST);
    return policy;
  };

  describe('policies', () => {
    it('come back as they went in, for their own project alone', async () => {
      const policy = await create();
      const { policies } = stores();
      expect(await policies.policy(policy.id, PROJECT)).toEqual(policy);
      expect(await policies.policy(policy.id, OTHER_PROJECT)).toBeUndefined();
      const filters = [{ field: 'id', op: 'eq' as const, values: [policy.id] }];
      expect(await policies.listPolicies(aQuery({ filters }))).toEqual([policy]);
      expect(await policies.countPolicies(aQuery({ filters, projectId: OTHER_PROJECT }))).toBe(0);
      await policies.updatePolicy(policy.id, { retention: null, project_id: OTHER_PROJECT, enabled: false });
      expect(await policies.policy(policy.id, PROJECT)).toMatchObject({ retention: null, enabled: false });
    });

    it('are so many of a project and no more, however many ask at once', async () => {
      const project_id = randomUUID().replaceAll('-', '');
      const [here, there] = [stores().policies, stores().elsewhere.policies];
      const asked = Array.from({ length: 8 }, (_, n) =>
        (n % 2 ? here : there).createPolicy(aPolicy({ project_id }), 3),
      );
      const ends = await Promise.allSettled(asked);
      expect(ends.filter((end) => end.status === 'fulfilled')).toHaveLength(3);
      for (const end of ends)
        if (end.status === 'rejected')
          expect(end.reason).toMatchObject({ code: 'vm-backup.quota.policies', status: 403 });
      expect(await here.countPolicies(aQuery({ projectId: project_id }))).toBe(3);
    });

    it('leave a trust behind until it is confirmed gone', async () => {
      const [changed, removed] = [await create({ trust_id: 'one' }), await create({ trust_id: 'two' })];
      const { policies } = stores();
      await policies.updatePolicy(changed.id, { name: 'x' });
      await policies.updatePolicy(changed.id, { trust_id: 'one' });
      expect(await policies.oldTrusts()).not.toContain('one');
      await policies.updatePolicy(changed.id, { trust_id: 'three' });
      await policies.removePolicy(removed.id);
      expect(await policies.oldTrusts()).toEqual(expect.arrayContaining(['one', 'two']));
      for (const id of ['one', 'two']) await policies.trustGone(id);
      expect(await policies.oldTrusts()).not.toContain('one');
    });
  });

  describe('planning', () => {
    it('finds what is due and moves on once, whoever asks', async () => {
      const policy = await create({ next_run_at: T(0) });
      await create({ next_run_at: T(0), enabled: false });
      const later = await create({ next_run_at: T(9) });
      const { policies, elsewhere } = stores();
      const due = (await policies.duePolicies(T(1), MOST)).map((one) => one.id);
      expect(due).toContain(policy.id);
      expect(due).not.toContain(later.id);
      const runs = [aRun(policy), aRun(policy)];
      const change = { next_run_at: T(5), last_run_at: T(0) };
      const both = await Promise.all([
        policies.plan(policy, change, runs),
        elsewhere.policies.plan(policy, change, runs),
      ]);
      expect(both.sort()).toEqual([false, true]);
      expect(await policies.policy(policy.id, PROJECT)).toMatchObject(change);
      const found = await policies.listPolicyRuns(
        aQuery({ filters: [{ field: 'policy_id', op: 'eq', values: [policy.id] }] }),
      );
      expect(found).toHaveLength(2);
      expect(await policies.policyRun(runs[0]?.id ?? '', PROJECT)).toEqual(runs[0]);
      expect(await policies.policyRun(runs[0]?.id ?? '', OTHER_PROJECT)).toBeUndefined();
    });

    it('has no effect on a policy that was changed or disabled since', async () => {
      const policy = await create({ next_run_at: T(0) });
      const { policies } = stores();
      await policies.updatePolicy(policy.id, { updated_at: T(1) });
      expect(await policies.plan(policy, { next_run_at: T(5) }, [aRun(policy)])).toBe(false);
      const now = (await policies.policy(policy.id, PROJECT)) ?? policy;
      await policies.updatePolicy(policy.id, { enabled: false, updated_at: T(1) });
      expect(await policies.plan(now, { next_run_at: T(5) }, [aRun(policy)])).toBe(false);
      expect(
        await policies.countPolicyRuns(aQuery({ filters: [{ field: 'policy_id', op: 'eq', values: [policy.id] }] })),
      ).toBe(0);
    });

    it('makes no second run of the same time, and the others all the same', async () => {
      const policy = await create({ next_run_at: T(0) });
      const { policies } = stores();
      const run = aRun(policy);
      await policies.plan(policy, { next_run_at: T(1) }, [run]);
      await policies.changeRun(run.id, 'waiting', { status: 'missed' });
      const again = [{ ...run, id: randomUUID() }, aRun(policy)];
      expect(await policies.plan({ ...policy, next_run_at: T(1) }, { next_run_at: T(2) }, again)).toBe(true);
      const filters = [{ field: 'policy_id', op: 'eq' as const, values: [policy.id] }];
      expect((await policies.listPolicyRuns(aQuery({ filters }))).map((one) => one.status).sort()).toEqual([
        'missed',
        'waiting',
      ]);
    });

    it('changes a run from what it was only, with its message; runs go with their policy, or with age', async () => {
      const policy = await create({ next_run_at: T(0) });
      const { policies } = stores();
      const [run, open] = [aRun(policy), aRun(policy)];
      await policies.plan(policy, { next_run_at: T(1) }, [run, open]);
      const missed = { status: 'missed' as const, fail_code: 'vm-backup.server.busy', fail_reason: 'ü' };
      expect(await policies.changeRun(run.id, 'submitted', missed, aMessage())).toBe(false);
      expect(await policies.changeRun(run.id, 'waiting', missed, aMessage())).toBe(true);
      expect(await policies.policyRun(run.id, PROJECT)).toMatchObject(missed);
      await policies.pruneRuns('2999');
      expect(await policies.policyRun(run.id, PROJECT)).toBeUndefined();
      expect(await policies.policyRun(open.id, PROJECT)).toBeDefined();
      await policies.removePolicy(policy.id);
      expect(await policies.policyRun(open.id, PROJECT)).toBeUndefined();
    });
  });

  it('runs are found by the general code of what failed, where that is asked for', async () => {
    const policy = await create({ next_run_at: T(0) });
    const { policies } = stores();
    const codes = ['a.b.c', 'a.b.c.d', 'a.b.c.D', 'a.b.c-d', 'a.b.c_d', 'a.b.cd', 'a.b', 'axbxcxd', null];
    const runs = codes.map(() => aRun(policy));
    await policies.plan(policy, { next_run_at: T(1) }, runs);
    for (const [n, fail_code] of codes.entries())
      await policies.changeRun(runs[n]?.id ?? '', 'waiting', { status: 'missed', fail_code });
    const found = async (op: 'in' | 'nin', values: string[], exacter = true) => {
      const filters = [
        { field: 'policy_id', op: 'eq' as const, values: [policy.id] },
        { field: 'fail_code', op, values, exacter },
      ];
      expect(await policies.countPolicyRuns(aQuery({ filters }))).toBe(
        (await policies.listPolicyRuns(aQuery({ filters }))).length,
      );
      return (await policies.listPolicyRuns(aQuery({ filters }))).map((run) => String(run.fail_code)).sort();
    };
    const exact = ['a.b.c', 'a.b.c.D', 'a.b.c.d'];
    expect(await found('in', ['a.b.c', 'z'])).toEqual(exact);
    expect(await found('in', ['a.b.c'], false)).toEqual(['a.b.c']);
    expect(await found('nin', ['a.b.c', 'z'])).toEqual(
      codes
        .map(String)
        .filter((code) => !exact.includes(code))
        .sort(),
    );
    expect(await found('in', ['%', 'a_b_c'])).toEqual([]);
  });

  it('runs that are due are seen of each project, whatever another one has waiting', async () => {
    const { policies } = stores();
    const [many, one] = [randomUUID(), randomUUID()].map((id) => aPolicy({ project_id: id.replaceAll('-', '') }));
    for (const policy of [many, one]) await policies.createPolicy(policy as never, MOST);
    const at = (minute: number) => ({ due_at: T(minute), updated_at: T(minute) });
    const theirs = [0, 1, 2, 3].map((minute) => aRun(many as never, at(minute)));
    const mine = [aRun(one as never, at(8)), aRun(one as never, at(20))];
    await policies.plan(many as never, { next_run_at: T(30) }, theirs);
    await policies.plan(one as never, { next_run_at: T(30) }, mine);
    await policies.changeRun(theirs[0]?.id ?? '', 'waiting', { fail_code: 'x', updated_at: T(9) });
    await policies.changeRun(theirs[1]?.id ?? '', 'waiting', { status: 'refused' });
    const due = await policies.dueRuns(T(10), 2);
    const ofProject = (project?: string) => due.filter((run) => run.project_id === project);
    expect(
      ofProject(many?.project_id)
        .map((run) => run.due_at)
        .sort(),
    ).toEqual([T(2), T(3)]);
    expect(ofProject(one?.project_id)).toEqual([mine[0]]);
  });

  describe('a run', () => {
    const planned = async () => {
      const policy = await create({ next_run_at: T(0) });
      const run = aRun(policy);
      await stores().policies.plan(policy, { next_run_at: T(1) }, [run], [aMessage()]);
      return run;
    };
    const entry = (run: { id: string }) => {
      const backup = aBackup({ status: 'creating' });
      const operation = anOperation({ resource_id: backup.id });
      const policyRun = { id: run.id, places: ['host:a', 'pool:b'] };
      return { operation, backup, holds: kept(backup.server_id), policyRun };
    };

    it('begins in the transaction of its operation, once, whoever begins it', async () => {
      const run = await planned();
      const all = [entry(run), entry(run), entry(run), entry(run)];
      const { operations, elsewhere, policies, catalogue } = stores();
      const ends = await Promise.allSettled(
        all.map((one, n) => (n % 2 ? operations : elsewhere.operations).record(one)),
      );
      const done = all.filter((_, n) => ends[n]?.status === 'fulfilled');
      expect(done).toHaveLength(1);
      for (const end of ends)
        if (end.status === 'rejected') expect(end.reason).toMatchObject({ code: 'vm-backup.policy-run.taken' });
      expect(await policies.policyRun(run.id, PROJECT)).toMatchObject({
        ...{ status: 'submitted', operation_id: done[0]?.operation.id, backup_id: done[0]?.backup.id },
        places: ['host:a', 'pool:b'],
      });
      for (const { backup, operation } of all.filter((one) => one !== done[0])) {
        expect(await catalogue.backup(backup.id, null)).toBeUndefined();
        expect(await operations.operation(operation.id, null)).toBeUndefined();
      }
    });

    it('waits again when its operation is taken back, and stays as it was when its server is busy', async () => {
      const run = await planned();
      const { operations, policies } = stores();
      const first = entry(run);
      await operations.record(first);
      expect(await operations.forget(first.operation.id)).toBe(true);
      expect(await policies.policyRun(run.id, PROJECT)).toMatchObject({
        status: 'waiting',
        operation_id: null,
        places: [],
      });
      const holder = entry(await planned());
      await operations.record(holder);
      const busy = { ...entry(run), holds: holder.holds };
      await expect(operations.record(busy)).rejects.toMatchObject({ code: 'vm-backup.server.busy' });
      expect(await policies.policyRun(run.id, PROJECT)).toMatchObject({ status: 'waiting' });
    });
  });

  it('a turn is one’s who showed life last', async () => {
    const { turns, elsewhere } = stores();
    const name = randomUUID();
    const asked = await Promise.all([turns.take(name, undefined, 'a'), elsewhere.turns.take(name, undefined, 'b')]);
    expect(asked.filter(Boolean)).toHaveLength(1);
    const seen = await turns.look(name);
    expect(seen).toEqual({ holder: asked[0] ? 'a' : 'b', beat: 1, report: null });
    expect(await turns.take(name, seen, 'c', { ü: 1 })).toBe(true);
    expect(await elsewhere.turns.take(name, seen, 'd')).toBe(false);
    const next = await elsewhere.turns.look(name);
    expect(next).toEqual({ holder: 'c', beat: 2, report: { ü: 1 } });
    expect(await elsewhere.turns.take(name, next, 'c')).toBe(true);
    expect(await turns.look(name)).toMatchObject({ beat: 3, report: { ü: 1 } });
  });
}
