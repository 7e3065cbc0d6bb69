import { describe, expect, it } from '@jest/globals';
import { RewindError } from '../../../src/domain/errors.ts';
import type { SavedMemory } from '../../../src/domain/points/memory-point.ts';
import { memoryRestorer, older } from '../../../src/instant/load-memory.ts';
import { takeMemory } from '../../../src/instant/take-memory.ts';
import type { DomainState, GuardOrder } from '../../../src/ports/hypervisor.ts';
import type { DomainFacts, MemoryFile, MemoryStore } from '../../../src/ports/memory.ts';
import type { Log } from '../../../src/ports/system.ts';

const SERVER = '11111111-1111-4111-8111-111111111111';
const MEMORY = { pool: 'snapshots', image: 'rewind-m-22222222-2222-4222-8222-222222222222' };
const GIB = 1024 ** 3;
const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, with: () => silent };
const refusal = (code: string) => expect.objectContaining({ code: `vm-backup.${code}` });

/** A host with one domain, which writes down everything that is done, in order. */
function world(trouble: Record<string, unknown> = {}, facts: Partial<DomainFacts> = {}) {
  const did: string[] = [];
  const host = {
    state: 'running' as DomainState,
    cpu: 'EPYC/1',
    qemu: '7.2.22',
    nowMs: 0,
    speed: 1e9,
    begun: null as string | null,
  };
  const kept = new Map<string, SavedMemory>();
  const act = async (what: string): Promise<void> => {
    did.push(what);
    const wrong = trouble[what];
    if (typeof wrong === 'function') await wrong();
    else if (wrong) throw wrong;
  };
  const file: MemoryFile = {
    path: '/folder/file',
    measure: async () => host.speed,
    keep: async () => {
      await act('keep');
      return { bytes: 5, sha256: 'ab' };
    },
    drop: () => act('drop'),
  };
  const store: MemoryStore = {
    kind: 'stream',
    open: async (_, bytes) => {
      await act(`open ${bytes}`);
      return file;
    },
    fetch: async () => {
      await act('fetch');
      return file;
    },
  };
  const parts = {
    hypervisor: {
      state: async () => host.state,
      runOf: async () => 'run',
      isFrozen: async () => null,
      freeAgent: async () => {},
      isMoving: async () => false,
      endGuards: async () => {},
      async hold(_: string, hold: string) {
        await act(`hold ${hold}`);
        host.state = 'paused';
      },
      async letGo() {
        await act('let go');
        const was = host.state === 'paused';
        host.state = 'running';
        return was;
      },
      grip: () => Promise.reject(new Error('none')),
      async guard(_: string, { hold, seconds }: GuardOrder) {
        await act(`guard ${hold} ${seconds}`);
        return { disarm: () => void did.push('disarm') };
      },
    },
    ceph: {
      removeSnap: async () => {},
      createSnap: async () => {},
      readySnaps: async (images: readonly { image: string }[]) => ({
        take: async () => void (await Promise.all(images.map(({ image }) => act(`snap ${image}`)))),
        drop: async () => {},
      }),
    },
    held: {
      note: () => act('note'),
      mark: () => {},
      forget: () => act('forget'),
      all: async () => [],
      witness: () => '/witness',
      wasLetGo: async () => false,
    },
    hands: new Set<string>(),
    freezeSeconds: 60,
    clocks: {
      offset: async () => 0,
      noteBehind: async () => {},
      mend: async () => ({ over: true, why: '' }),
      mended: async () => null,
      setNow: async () => ({ set: true, offMs: 3 }),
    },
    clock: {
      now: () => 0,
      monotonic: () => host.nowMs,
      sleep: async (ms: number, signal?: AbortSignal) => {
        if (trouble.late !== true) await new Promise((resolve) => setTimeout(resolve, 1000).unref());
        signal?.throwIfAborted();
        host.nowMs += ms;
      },
    },
    log: silent,
    hardLimitSeconds: 8,
    memoryLimitSeconds: 60,
    memory: {
      facts: async (): Promise<DomainFacts> => ({
        ramBytes: GIB,
        residentBytes: GIB / 2,
        vcpus: 1,
        machine: 'pc-i440fx-7.2',
        disks: ['vda', 'hda'],
        devices: ['disk vda vms/x'],
        passthrough: [],
        ...facts,
      }),
      host: async () => ({ cpu: host.cpu, qemu: host.qemu, libvirt: '9.0.0' }),
      saveMemory: (_: string, path: string, disks: readonly string[]) => act(`save ${path} without ${disks}`),
      async restoreMemory() {
        await act('restore');
        host.state = 'running';
      },
    },
    images: {
      importFile: async () => {},
      exportFile: async () => {},
      create: async () => {},
      async describe(_: unknown, saved: SavedMemory) {
        await act('describe');
        kept.set(saved.image.image, saved);
      },
      read: async ({ image }: { image: string }) => kept.get(image),
      async noteBegun(_: unknown, attempt: string | null) {
        await act(`begun ${attempt}`);
        host.begun = attempt;
      },
      begun: async () => host.begun,
      async remove({ image }: { image: string }) {
        await act('remove image');
        kept.delete(image);
      },
    },
    stores: { preferred: store, of: () => store, sweep: async () => {} },
  };
  const images = ['a', 'b'].map((image) => ({ pool: 'volumes', image }));
  const take = () => takeMemory(parts, { what: 'take-memory', serverId: SERVER, images, snap: 's', memory: MEMORY });
  return { did, host, kept, parts, take };
}

describe('memory and disks of one instant', () => {
  it('are saved while the server is held under guard, and brought into Ceph after it was let go', async () => {
    const one = world();
    expect(await one.take()).toMatchObject({ consistency: 'crash', memory: { sha256: 'ab', ramBytes: GIB } });
    expect(one.did).toEqual([
      'remove image',
      `open ${GIB / 2 + 32 * 1024 ** 2}`,
      ...['note', 'guard memory 8', 'hold memory'],
      ...['save /folder/file without vda,hda', 'snap a', 'snap b'],
      ...['let go', 'disarm', 'forget', 'keep', 'describe', 'drop'],
    ]);
    expect(one.kept.get(MEMORY.image)).toMatchObject({ domain: SERVER, hostCpu: 'EPYC/1', machine: 'pc-i440fx-7.2' });
  });

  it.each(['hold memory', 'save /folder/file without vda,hda', 'snap b', 'guard memory 8', 'keep', 'describe'])(
    'leave nothing on the host and nobody held when this fails: %s',
    async (what) => {
      const one = world({ [what]: new Error('broken') });
      await expect(one.take()).rejects.toThrow('broken');
      expect(one.host.state).toBe('running');
      expect(one.did.at(-1)).toBe('drop');
      expect(one.kept.size).toBe(0);
    },
  );

  it('wait for the saving that goes on when a snap fails', async () => {
    let saved = false;
    const slow = async () => {
      await new Promise((resolve) => setTimeout(resolve, 30));
      saved = true;
    };
    const one = world({ 'save /folder/file without vda,hda': slow, 'snap a': new Error('broken') });
    await expect(one.take()).rejects.toThrow('broken');
    expect(saved).toBe(true);
  });

  it('are refused before anything is held when it would take too long; the guard allows for twice the estimate', async () => {
    const slow = world();
    slow.host.speed = 1e7;
    await expect(slow.take()).rejects.toEqual(refusal('memory.too-large'));
    expect(slow.did).not.toContain('hold memory');
    expect(slow.did.at(-1)).toBe('drop');
    const middling = world();
    middling.host.speed = 5e7;
    await middling.take();
    expect(middling.did).toContain('guard memory 27');
  });

  it('are given up when saving takes longer than it may: let go first, then waited for', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const one = world({ late: true, 'save /folder/file without vda,hda': () => promise });
    const taking = one.take();
    setTimeout(resolve, 30);
    await expect(taking).rejects.toMatchObject({ code: 'vm-backup.instant.too-slow', retry: true });
    expect(one.did).toContain('let go');
    expect(one.did).not.toContain('keep');
  });

  it('are refused where there is no memory, or where it is not all', async () => {
    const off = world();
    off.host.state = 'off';
    await expect(off.take()).rejects.toEqual(refusal('memory.not-running'));
    const gpu = world({}, { passthrough: ['hostdev'] });
    await expect(gpu.take()).rejects.toEqual(refusal('memory.not-possible'));
    expect([...off.did, ...gpu.did]).toEqual(['remove image', 'remove image']);
  });
});

describe('the way back', () => {
  async function saved() {
    const one = world();
    await one.take();
    one.host.state = 'off';
    one.did.length = 0;
    return { ...one, restorer: memoryRestorer(one.parts) };
  }
  const request = { serverId: SERVER, memory: MEMORY };
  const stage = { what: 'stage-memory' as const, ...request };
  const restore = { what: 'restore-memory' as const, ...request, attempt: 'one' };

  it('is staged, then short; nothing stays on the host', async () => {
    const { restorer, did } = await saved();
    await restorer.stage(stage);
    expect(await restorer.restore(restore)).toEqual({ already: false, clockSet: true, clockOffMs: 3 });
    expect(did).toEqual(['fetch', 'begun one', 'restore', 'drop']);
    expect(await restorer.restore(restore)).toEqual({ already: true, clockSet: true, clockOffMs: 3 });
  });

  it('needs no staging by the same process, and drops what was staged when it fails or is not used', async () => {
    const { restorer, did, parts } = await saved();
    await restorer.restore(restore);
    expect(did).toEqual(['fetch', 'begun one', 'restore', 'drop']);
    parts.memory.restoreMemory = async () => {
      throw new Error('broken');
    };
    parts.hypervisor.state = async () => 'off';
    await expect(restorer.restore({ ...restore, attempt: 'two' })).rejects.toThrow('broken');
    expect(did.at(-1)).toBe('drop');
    await restorer.stage(stage);
    await restorer.close();
    expect(did.at(-1)).toBe('drop');
  });

  it('goes by what the worker was told, not by what somebody wrote on the image', async () => {
    const one = await saved();
    const told = (await one.parts.images.read(MEMORY))!;
    const fetched: unknown[] = [];
    one.parts.images.read = async () => ({ ...told, sha256: 'forged' });
    const store = one.parts.stores.of();
    one.parts.stores.of = () => ({
      ...store,
      fetch: async (ref, description) => {
        fetched.push(description.sha256);
        return store.fetch(ref, description);
      },
    });
    await one.restorer.stage({ ...stage, saved: told });
    await one.restorer.restore({ ...restore, saved: told });
    expect(fetched).toEqual([told.sha256]);
    one.host.state = 'off';
    await one.restorer.stage({ ...stage, saved: { ...told, sha256: 'other' } });
    await one.restorer.restore({ ...restore, attempt: 'two', saved: told });
    expect(fetched).toEqual([told.sha256, 'other', told.sha256]);
    const elsewhere = { ...told, image: { ...MEMORY, image: 'rewind-m-33333333-3333-4333-8333-333333333333' } };
    await expect(one.restorer.stage({ ...stage, saved: elsewhere })).rejects.toEqual(refusal('memory.missing'));
  });

  it.each([
    ['memory.missing', { read: async () => undefined }, {}],
    ['memory.other-host', {}, { cpu: 'Xeon/2' }],
    ['memory.other-host', {}, { qemu: '7.1.0' }],
    ['memory.not-off', {}, { state: 'absent' as const }],
  ])('is refused as %s', async (code, images, host) => {
    const one = await saved();
    Object.assign(one.parts.images, images);
    Object.assign(one.host, host);
    await expect(one.restorer.stage(stage)).rejects.toEqual(refusal(code));
    expect(one.did).toEqual([]);
  });

  it.each([
    ['memory.changed', { ramBytes: 2 * GIB }],
    ['memory.changed', { vcpus: 2 }],
    ['memory.changed', { devices: ['disk vda vms/x', 'disk vdb volumes/y'] }],
    ['memory.changed', { machine: 'pc-i440fx-8.0' }],
    ['memory.not-possible', { passthrough: ['hostdev'] }],
  ])('is refused as %s when the server changed: %j', async (code, facts) => {
    const one = await saved();
    const before = one.parts.memory.facts;
    one.parts.memory.facts = async () => ({ ...(await before()), ...facts });
    await expect(one.restorer.stage(stage)).rejects.toEqual(refusal(code));
  });

  it('is good for one time: a server that may have run has changed its disks', async () => {
    const { restorer, host, did } = await saved();
    await restorer.restore(restore);
    host.state = 'off';
    await expect(restorer.restore(restore)).rejects.toEqual(refusal('memory.begun'));
    expect(did.filter((what) => what === 'restore')).toHaveLength(1);
    expect(await restorer.restore({ ...restore, attempt: 'disks put back again' })).toMatchObject({ already: false });
  });

  it('may be tried again when it is known that the server did not run, and only then', async () => {
    const { restorer, host, parts } = await saved();
    const works = parts.memory.restoreMemory;
    parts.memory.restoreMemory = async () => {
      throw new Error('nobody knows');
    };
    await expect(restorer.restore(restore)).rejects.toThrow('nobody knows');
    expect(host.begun).toBe('one');
    host.begun = null;
    parts.memory.restoreMemory = async () => {
      throw new RewindError('memory.not-restored', 'no');
    };
    await expect(restorer.restore(restore)).rejects.toEqual(refusal('memory.not-restored'));
    expect(host.begun).toBeNull();
    parts.memory.restoreMemory = works;
    expect(await restorer.restore(restore)).toMatchObject({ already: false });
  });

  it('does not take a server that was never stopped for one that was restored', async () => {
    const { restorer, host } = await saved();
    host.state = 'running';
    await expect(restorer.restore(restore)).rejects.toEqual(refusal('memory.not-off'));
  });

  it('is not for a server that is held, or is another one', async () => {
    const one = await saved();
    one.host.state = 'paused';
    await expect(one.restorer.restore(restore)).rejects.toEqual(refusal('memory.not-off'));
    const other = { ...stage, serverId: SERVER.replaceAll('1', '3') };
    await expect(one.restorer.stage(other)).rejects.toEqual(refusal('memory.other-server'));
  });

  it('is not for an older QEMU', () => {
    expect(older('7.1.9', '7.2.0')).toBe(true);
    expect(older('7.2.0', '7.2.22')).toBe(false);
    expect(older('10.0.0', '9.2.0')).toBe(false);
  });
});
