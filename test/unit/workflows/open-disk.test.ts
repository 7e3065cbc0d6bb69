import { expect, test } from '@jest/globals';
import type { ImageRef } from '../../../src/domain/points/disk.ts';
import { rollBack } from '../../../src/workflows/steps/image/roll-back.ts';
import { swapImage } from '../../../src/workflows/steps/image/swap-image.ts';
import { MemoryCeph } from '../../world/memory-ceph.ts';

const GIB = 1024 ** 3;
const image = (name: string): ImageRef => ({ pool: 'vms', image: name });
const [live, draft, aside] = [image('live'), image('draft'), image('aside')];

/** A disk and its draft, of which somebody may have one open; Ceph itself would do all that it is told. */
function scene(open?: ImageRef) {
  const storage = new MemoryCeph();
  for (const one of [live, draft]) storage.put(`vms/${one.image}`, GIB);
  if (open) storage.watch(`vms/${open.image}`, true);
  const done: string[] = [];
  const ceph = {
    ...storage.ceph,
    rollback: async (of: ImageRef, snap: string) => void done.push(`${of.image} back to ${snap}`),
    renameImage: async (from: ImageRef, to: string) => void done.push(`${from.image} to ${to}`),
    growImage: async (of: ImageRef, bytes: number) => void done.push(`${of.image} grown to ${bytes / GIB} GiB`),
  };
  const context = { world: { ceph }, proveLease: async () => {}, boundary: () => {} } as never;
  return {
    done,
    swap: () => swapImage.act(context, { live, draft, aside }),
    back: () => rollBack.act(context, { live, snap: 's', finalSizeBytes: 2 * GIB }),
  };
}

const inUse = { code: 'vm-backup.disk.in-use', retry: true };

test.each([live, draft])('a disk is not swapped while somebody has %j open', async (open) => {
  const { swap, done } = scene(open);
  await expect(swap()).rejects.toMatchObject(inUse);
  expect(done).toEqual([]);
});

test('nor is it rolled back: rbd would do so under a running server', async () => {
  const { back, done } = scene(live);
  await expect(back()).rejects.toMatchObject(inUse);
  expect(done).toEqual([]);
});

test('when nobody has, the old image goes aside before the new one comes, and one rolled back is as large as it was', async () => {
  const { swap, back, done } = scene();
  await swap();
  await back();
  expect(done).toEqual(['live to aside', 'draft to live', 'live back to s', 'live grown to 2 GiB']);
});
