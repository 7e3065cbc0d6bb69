import { describe, expect, it } from '@jest/globals';
import type { WantedConsistency } from '../../../src/domain/points/backup.ts';
import { heldWatch } from '../../../src/instant/held-watch.ts';
import { takeInstant } from '../../../src/instant/take-instant.ts';
import type { HeldDomains, HeldNote } from '../../../src/ports/held-domains.ts';
import type { DomainState, Hold, Hypervisor } from '../../../src/ports/hypervisor.ts';
import type { Log } from '../../../src/ports/system.ts';

const SERVER = '11111111-1111-4111-8111-111111111111';
const IMAGES = ['a', 'b', 'c'].map((image) => ({ pool: 'volumes', image }));
const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, with: () => silent };

/** A host with one domain, which writes down everything that is done, in order. */
function world(trouble: Record<string, unknown> = {}) {
  const did: string[] = [];
  let state: DomainState = 'running';
  let frozen = false;
  let nowMs = 0;
  const notes = new Map<string, HeldNote>();
  const act = (what: string): void => {
    did.push(what);
    const wrong = trouble[what];
    if (typeof wrong === 'function') wrong();
    else if (wrong) throw wrong;
  };
  const reins: Pick<Hypervisor, 'hold' | 'letGo'> = {
    async hold(_, hold) {
      act(hold);
      if (hold === 'pause') state = 'paused';
      else frozen = true;
    },
    async letGo(_, hold) {
      act(`let go of ${hold}`);
      const was = hold === 'pause' ? state === 'paused' : frozen;
      if (hold === 'pause') state = 'running';
      frozen = false;
      return was;
    },
  };
  const hypervisor: Hypervisor = {
    state: async () => state,
    runOf: async () => (state === 'running' || state === 'paused' ? 'run' : null),
    isFrozen: async () => (trouble.deaf === true ? null : frozen),
    freeAgent: async () => {},
    isMoving: async () => trouble.moving === true,
    endGuards: async () => {},
    ...reins,
    async grip() {
      if (trouble['no grip']) throw trouble['no grip'];
      return {
        hold: reins.hold,
        async letGo(domain, hold) {
          if (trouble['weak grip']) throw trouble['weak grip'];
          return reins.letGo(domain, hold);
        },
        drop: async () => void did.push('drop grip'),
      };
    },
    async guard(_, { hold, seconds }) {
      act(`guard ${hold} ${seconds}`);
      return { disarm: () => act('disarm') };
    },
  };
  const held: HeldDomains = {
    async note(note) {
      act('note');
      notes.set(note.domain, note);
    },
    mark: (note, stage) => void notes.set(note.domain, { ...note, stage }),
    async forget(domain) {
      act('forget');
      notes.delete(domain);
    },
    all: async () => [...notes.values()].map((note) => ({ ...note, since: 'then', ageMs: 60_000 })),
    witness: () => '/witness',
    wasLetGo: async () => false,
  };
  const createSnap = async ({ image }: { image: string }) => {
    const slow = trouble[`slow ${image}`];
    if (slow instanceof Promise) await slow;
    act(`snap ${image}`);
  };
  const ceph = {
    removeSnap: async () => {},
    createSnap,
    async readySnaps(images: readonly { image: string }[]) {
      act('ready');
      const take = async () => void (await Promise.all(images.map(createSnap)));
      return { take, drop: async () => void did.push('drop snaps') };
    },
  };
  const clock = {
    now: () => 0,
    monotonic: () => nowMs,
    sleep: async (ms: number, signal?: AbortSignal) => {
      if (trouble.late !== true)
        await new Promise<void>((resolve) => {
          setTimeout(resolve, 1000).unref();
          signal?.addEventListener('abort', () => resolve());
        });
      signal?.throwIfAborted();
      nowMs += ms;
    },
  };
  const hands = new Set<string>();
  const parts = { hypervisor, ceph, held, hands, clock, log: silent, hardLimitSeconds: 8, freezeSeconds: 60 };
  return {
    did,
    parts,
    notes,
    setState: (to: DomainState) => {
      state = to;
    },
    thaw: () => {
      frozen = false;
    },
    isHeld: () => state === 'paused' || frozen,
    take: (wanted: WantedConsistency) => takeInstant(parts, { serverId: SERVER, images: IMAGES, snap: 's', wanted }),
  };
}

describe('one instant', () => {
  it('is noted and guarded before the server is held, and let go before the guard is disarmed', async () => {
    const host = world();
    expect(await host.take('crash')).toMatchObject({ consistency: 'crash', pausedMs: expect.any(Number) });
    expect(host.did).toEqual([
      ...['ready', 'note', 'guard pause 8', 'pause', 'snap a', 'snap b', 'snap c', 'let go of pause'],
      ...['drop grip', 'disarm', 'forget', 'drop snaps'],
    ]);
  });

  it('freezes when it can', async () => {
    const host = world();
    expect((await host.take('best')).consistency).toBe('filesystem');
    expect((await host.take('filesystem')).consistency).toBe('filesystem');
    expect(host.did).not.toContain('pause');
  });

  it('pauses what does not answer, unless frozen was asked for', async () => {
    const host = world({ deaf: true });
    expect((await host.take('best')).consistency).toBe('crash');
    await expect(host.take('filesystem')).rejects.toMatchObject({ code: 'vm-backup.instant.no-guest-agent' });
  });

  it('pauses what does not freeze, and thaws it first', async () => {
    const host = world({ freeze: new Error('hangs') });
    expect((await host.take('best')).consistency).toBe('crash');
    expect(host.did.indexOf('let go of freeze')).toBeLessThan(host.did.indexOf('pause'));
    await expect(host.take('filesystem')).rejects.toThrow('hangs');
    expect(host.isHeld()).toBe(false);
  });

  it('needs nothing for a server that does not run', async () => {
    const host = world();
    host.setState('off');
    expect(await host.take('filesystem')).toMatchObject({ consistency: 'crash', pausedMs: null });
    expect(host.did).toEqual(['snap a', 'snap b', 'snap c']);
  });

  it.each(['off', 'paused', 'absent'] as const)(
    'is refused when a server that is %s runs before all is snapped',
    async (before) => {
      const host = world({ 'snap c': () => host.setState('running') });
      host.setState(before);
      await expect(host.take('crash')).rejects.toMatchObject({ code: 'vm-backup.instant.let-go', retry: true });
    },
  );

  it.each(['snap b', 'pause', 'guard pause 8', 'note'])('lets go when this fails: %s', async (what) => {
    const host = world({ [what]: new Error('broken') });
    await expect(host.take('crash')).rejects.toThrow('broken');
    expect(host.isHeld()).toBe(false);
  });

  it('holds and lets go anew when there is no open connection, or when it fails', async () => {
    expect(await world({ 'no grip': new Error('libvirt is busy') }).take('crash')).toMatchObject({
      consistency: 'crash',
    });
    const weak = world({ 'weak grip': new Error('the connection broke') });
    expect(await weak.take('filesystem')).toMatchObject({ consistency: 'filesystem' });
    expect(weak.isHeld()).toBe(false);
    expect(weak.notes.size).toBe(0);
  });

  it('does not hold a server for snaps that cannot be made ready', async () => {
    const host = world({ ready: new Error('Ceph is gone') });
    await expect(host.take('crash')).rejects.toThrow('Ceph is gone');
    expect(host.did).toEqual(['ready']);
  });

  it('does not hold a server that is being moved: on its new host nobody would let it go', async () => {
    const host = world({ moving: true });
    await expect(host.take('best')).rejects.toMatchObject({ code: 'vm-backup.instant.migrating', retry: true });
    expect(host.did).not.toContain('pause');
    expect(host.notes.size).toBe(0);
  });

  it('leaves note and guard when the server cannot be let go', async () => {
    const host = world({ 'let go of pause': new Error('libvirt is gone') });
    await expect(host.take('crash')).rejects.toThrow('libvirt is gone');
    expect(host.did.filter((what) => what === 'let go of pause')).toHaveLength(3);
    expect(host.did).not.toContain('disarm');
    expect([...host.notes.values()]).toMatchObject([{ domain: SERVER, hold: 'pause', stage: 'answered' }]);
  });

  it('is refused when somebody let the server go in between', async () => {
    const host = world({ 'snap c': () => host.setState('running') });
    await expect(host.take('crash')).rejects.toMatchObject({ code: 'vm-backup.instant.let-go', retry: true });
    const frozen = world({ 'snap c': () => frozen.thaw() });
    await expect(frozen.take('filesystem')).rejects.toMatchObject({ code: 'vm-backup.instant.let-go' });
  });

  it('lets go when a snap takes too long, and waits for the snap before it says so', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const host = world({ late: true, 'slow b': promise });
    const taking = host.take('crash');
    setTimeout(resolve, 50);
    await expect(taking).rejects.toMatchObject({ code: 'vm-backup.instant.too-slow', retry: true });
    expect(host.did.indexOf('let go of pause')).toBeLessThan(host.did.indexOf('snap b'));
  });
});

describe('who starts on a host', () => {
  const noteOf = (hold: Hold): HeldNote => ({
    ...{ domain: SERVER, hold, stage: 'asked', run: null, lateSeconds: 40, clockOffsetMs: null },
  });

  it('lets go of what an earlier one held', async () => {
    const host = world();
    await host.parts.held.note(noteOf('pause'));
    host.setState('paused');
    await heldWatch(host.parts).begin();
    expect(host.isHeld()).toBe(false);
    expect(host.notes.size).toBe(0);
  });

  it('forgets a server that is gone', async () => {
    const host = world();
    await host.parts.held.note(noteOf('freeze'));
    host.setState('absent');
    await heldWatch(host.parts).begin();
    expect(host.did).toEqual(['note', 'forget']);
  });
});
