import { describe, expect, it } from '@jest/globals';
import type { WantedConsistency } from '../../../src/domain/points/backup.ts';
import type { Instant } from '../../../src/domain/points/instant.ts';
import { isThorough } from '../../world/sampling.ts';
import { labHost, SERVER } from './support/lab-host.ts';

const HOOKS = [0, 5, 15, 25, 60, 90];
const WANTED = ['best', 'filesystem', 'crash'] as const;
const LONG_MS = 20 * 60_000;
/** A hook, and all that guards and watch may wait for. */
const ENOUGH_MS = 240_000;

type End = { point: Instant } | { error: { code: string; retry: boolean } };

function begin(agent: ReturnType<ReturnType<typeof labHost>['agent']>, wanted: WantedConsistency) {
  const going: { end?: End } = {};
  void agent.take(wanted).then(
    (point) => {
      going.end = { point };
    },
    (error) => {
      going.end = { error };
    },
  );
  return going;
}

const isFree = (host: ReturnType<typeof labHost>) =>
  !host.guest.frozen && host.guest.state === 'running' && ![...host.notes.keys()].some((key) => !key.endsWith('clock'));

describe.each(HOOKS)('a guest whose freeze hook takes %d s', (seconds) => {
  it.each(WANTED)('goes on after a point of consistency %s, and nothing is left to come', async (wanted) => {
    const host = labHost(seconds * 1_000);
    const agent = host.agent();
    await agent.start();
    const going = begin(agent, wanted);
    await host.pass(LONG_MS, () => going.end !== undefined);
    if (wanted === 'crash') expect(going.end).toMatchObject({ point: { consistency: 'crash' } });
    else if (seconds < 60) {
      expect(going.end).toMatchObject({ point: { consistency: 'filesystem' } });
      // The hook's time is not the pause.
      expect((going.end as { point: Instant }).point.pausedMs).toBeLessThan(1_000);
    } else if (wanted === 'best') expect(going.end).toMatchObject({ point: { consistency: 'crash' } });
    else expect(going.end).toMatchObject({ error: { code: 'vm-backup.instant.freeze-timeout', retry: false } });
    await host.pass(ENOUGH_MS);
    expect(isFree(host)).toBe(true);
    expect(host.notes.size).toBe(0);
    expect(host.guest.frozenMs).toBeLessThan(10_000);
  });

  const BOUNDARIES = [
    'freeze guarded',
    'freeze held',
    'freeze snapped',
    'pause guarded',
    'pause held',
    'pause snapped',
  ];
  const MOMENTS = isThorough
    ? [10, 2_000, 7_000, 14_900, 25_010, 40_000, 60_020, 63_000, 70_000, 92_000]
    : [2_000, 24_900, 60_020];
  it.each(WANTED)('goes on whenever the agent is killed while it takes one of consistency %s', async (wanted) => {
    for (const when of [...BOUNDARIES, ...MOMENTS]) {
      for (const restartMs of isThorough ? [2_000, 30_000, null] : [2_000, null]) {
        const host = labHost(seconds * 1_000);
        const agent = host.agent();
        await agent.start();
        const going = begin(agent, wanted);
        if (typeof when === 'string') {
          agent.killWhen(when);
          await host.pass(200_000, () => agent.isDead() || going.end !== undefined);
        } else {
          await host.pass(when, () => going.end !== undefined);
        }
        agent.kill();
        if (restartMs !== null) {
          await host.pass(restartMs);
          await Promise.race([host.agent().start(), host.pass(16_000)]);
        }
        await host.pass(ENOUGH_MS);
        const left = {
          when,
          restartMs,
          frozen: host.guest.frozen,
          state: host.guest.state,
          frozenMs: host.guest.frozenMs,
        };
        expect(left).toMatchObject({ frozen: false, state: 'running' });
        expect(left.frozenMs).toBeLessThan(20_000);
        if (restartMs !== null) expect([...host.notes.keys()]).toEqual([]);
      }
    }
  });
});

describe('what was asked of a server and is not known to be undone', () => {
  it('keeps its note until the guest says that it is thawed, and is told of each minute', async () => {
    const host = labHost(600_000);
    const agent = host.agent();
    await agent.start();
    const going = begin(agent, 'best');
    await host.pass(LONG_MS, () => going.end !== undefined);
    expect(going.end).toMatchObject({ point: { consistency: 'crash' } });
    expect([...host.notes.keys()]).toContain(`${SERVER}.freeze`);
    await host.pass(10 * 60_000 - host.now() - 1_000);
    expect([...host.notes.keys()]).toContain(`${SERVER}.freeze`);
    expect(
      host.said.filter((line) => line.includes('"waits_for":"its guest agent does not answer')).length,
    ).toBeGreaterThan(6);
    await host.pass(30_000);
    expect(isFree(host)).toBe(true);
    expect(host.guest.frozenMs).toBeLessThan(10_000);
  });

  it('is not taken for another freeze: filesystem is refused, best pauses', async () => {
    const host = labHost(300_000);
    const agent = host.agent();
    await agent.start();
    const first = begin(agent, 'filesystem');
    await host.pass(LONG_MS, () => first.end !== undefined);
    const second = begin(agent, 'filesystem');
    await host.pass(60_000, () => second.end !== undefined);
    expect(second.end).toMatchObject({ error: { code: 'vm-backup.instant.unsettled', retry: true } });
    const third = begin(agent, 'best');
    await host.pass(60_000, () => third.end !== undefined);
    expect(third.end).toMatchObject({ point: { consistency: 'crash' } });
    expect(host.did.filter((what) => what === 'hold freeze')).toHaveLength(1);
    await host.pass(LONG_MS);
    expect(isFree(host)).toBe(true);
  });

  it('ends with the run of the server that it was asked of', async () => {
    for (const end of ['off', 'absent', 'again'] as const) {
      const host = labHost(300_000);
      const agent = host.agent();
      await agent.start();
      const going = begin(agent, 'filesystem');
      await host.pass(LONG_MS, () => going.end !== undefined);
      if (end === 'again') host.guest.run = 'boot/2';
      else host.guest.state = end;
      await host.pass(20_000);
      expect([...host.notes.keys()]).toEqual([]);
    }
  });

  it('does not keep other servers from being served: an agent starts though one does not answer', async () => {
    const host = labHost(300_000);
    const agent = host.agent();
    await agent.start();
    void begin(agent, 'filesystem');
    await host.pass(5_000);
    agent.kill();
    let started = false;
    const next = host.agent();
    void next.start().then(() => {
      started = true;
    });
    await host.pass(16_000);
    expect(started).toBe(true);
    const other = begin(next, 'crash');
    await host.pass(60_000, () => other.end !== undefined);
    expect(other.end).toMatchObject({ point: { consistency: 'crash' } });
  });
});

describe('a server that somebody else holds', () => {
  it('stays paused when the agent starts after its guard has let go', async () => {
    const host = labHost(0);
    const agent = host.agent();
    agent.killWhen('pause held');
    void begin(agent, 'crash');
    await host.pass(1_000);
    expect(host.guest.state).toBe('paused');
    await host.pass(12_500);
    expect(host.guest.state).toBe('running');
    host.pause();
    await host.agent().start();
    await host.pass(60_000);
    expect(host.guest.state).toBe('paused');
    expect([...host.notes.keys()].filter((key) => key.endsWith('pause'))).toEqual([]);
  });

  it('stays paused when it was paused right before we would have', async () => {
    const host = labHost(0);
    const agent = host.agent();
    const guard = agent.parts.hypervisor.guard;
    agent.parts.hypervisor.guard = (domain, order) => {
      host.pause();
      return guard(domain, order);
    };
    const going = begin(agent, 'crash');
    await host.pass(60_000, () => going.end !== undefined);
    expect(going.end).toMatchObject({ error: { code: 'vm-backup.hypervisor.not-running' } });
    expect(host.guest.state).toBe('paused');
  });

  it('stays frozen', async () => {
    const host = labHost(0);
    host.guest.frozen = true;
    const agent = host.agent();
    const going = begin(agent, 'filesystem');
    await host.pass(60_000, () => going.end !== undefined);
    expect(going.end).toMatchObject({ error: { code: 'vm-backup.instant.frozen', retry: true } });
    expect(host.guest.frozen).toBe(true);
  });
});

describe('the clock of a server that was paused', () => {
  it('gets back what it lost, and no more, though the agent dies', async () => {
    const host = labHost(0);
    host.guest.clockMs = -5_000;
    const agent = host.agent();
    await agent.start();
    const going = begin(agent, 'crash');
    await host.pass(60_000, () => going.end !== undefined);
    await host.pass(5_000);
    expect(Math.abs(host.guest.clockMs + 5_000)).toBeLessThan(110);
    agent.killWhen('pause held');
    void begin(agent, 'crash');
    await host.pass(12_500);
    expect(host.guest.clockMs).toBeLessThan(-12_000);
    await host.agent().start();
    await host.pass(5_000);
    expect(Math.abs(host.guest.clockMs + 5_000)).toBeLessThan(110);
    expect(host.notes.size).toBe(0);
  });

  it('does not add up what is too little for a jump', async () => {
    const host = labHost(0);
    const agent = host.agent();
    await agent.start();
    agent.parts.ceph.readySnaps = async () => ({ take: () => host.after(60), drop: async () => {} });
    for (let n = 0; n < 20; n += 1) {
      const going = begin(agent, 'crash');
      await host.pass(60_000, () => going.end !== undefined);
      await host.pass(5_000);
    }
    expect(Math.abs(host.guest.clockMs)).toBeLessThan(200);
  });
});
