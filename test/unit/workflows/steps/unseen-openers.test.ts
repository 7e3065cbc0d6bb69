import { describe, expect, it } from '@jest/globals';
import { withoutUnseenOpeners } from '../../../../src/workflows/steps/image/unseen-openers.ts';
import type { World } from '../../../../src/workflows/world.ts';
import { silentLog } from '../../../world/silent-log.ts';

const ROOT = { pool: 'vms', image: 'a_disk' };
const DATA = { pool: 'volumes', image: 'volume-b' };
const QEMU = '192.0.2.1:0/1';

/** Disks that QEMU has open, and others come to: `arrivals` says what happens during each attempt. */
function disks(arrivals: readonly ('nobody' | 'comes' | 'qemu goes')[]) {
  const open = new Map([
    [ROOT.image, [QEMU]],
    [DATA.image, [QEMU]],
  ]);
  let taken = 0;
  const slept: number[] = [];
  const world = {
    ceph: { watchers: async ({ image }: { image: string }) => [...(open.get(image) ?? [])] },
    clock: { sleep: async (ms: number) => void slept.push(ms) },
  } as unknown as World;
  const take = async () => {
    const arrival = arrivals[taken];
    taken += 1;
    if (arrival === 'qemu goes') open.set(DATA.image, []);
    if (arrival === 'comes') open.get(DATA.image)?.push(`192.0.2.9:0/${taken}`);
    return taken;
  };
  const run = () =>
    withoutUnseenOpeners({ world, log: silentLog, signal: new AbortController().signal }, [ROOT, DATA], take);
  return { run, slept, taken: () => taken };
}

describe('snaps without unseen openers', () => {
  it('are taken once when nobody comes, and looked at a moment later', async () => {
    const { run, slept, taken } = disks(['nobody']);
    expect(await run()).toBe(1);
    expect(taken()).toBe(1);
    expect(slept).toEqual([1_000]);
  });

  it('are taken anew when somebody opened one of the disks meanwhile, and stays', async () => {
    const { run, taken } = disks(['comes', 'nobody']);
    expect(await run()).toBe(2);
    expect(taken()).toBe(2);
  });

  it('do not mind who goes', async () => {
    const { run, taken } = disks(['qemu goes']);
    expect(await run()).toBe(1);
    expect(taken()).toBe(1);
  });

  it('are given up, with a reason, when somebody comes each time', async () => {
    const { run, taken } = disks(['comes', 'comes', 'comes', 'comes', 'comes', 'comes']);
    await expect(run()).rejects.toMatchObject({ code: 'vm-backup.consistency.unsettled' });
    expect(taken()).toBe(5);
  });
});
