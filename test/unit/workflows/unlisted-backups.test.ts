import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { ensureTargetInfo } from '../../../src/archive/manifests/target-info.ts';
import { ArchiveSystem } from '../../world/archive-system.ts';
import { ContentCeph } from '../../world/content-ceph.ts';
import { KEY, SERVER } from '../archive/support/backups.ts';
import { MemoryTarget } from '../archive/support/memory-target.ts';

const SIZE = 8192;

/** Objects of it are there, but its listing does not show them: a bucket whose index lost them, a stale directory. */
class ForgetfulTarget extends MemoryTarget {
  hidden: (name: string) => boolean = () => false;

  override async *list(prefix: string): AsyncGenerator<string, void, undefined> {
    for await (const name of super.list(prefix)) if (!this.hidden(name)) yield name;
  }
}

/** A full backup and an increment on it. */
async function system() {
  const target = new ForgetfulTarget();
  await ensureTargetInfo(target, KEY, randomUUID);
  const content = new ContentCeph([512]);
  const one = new ArchiveSystem({ target, ceph: content.ceph, pool: 'rbd', serverId: SERVER, compactRuns: 0 });
  const image = one.images[0]!;
  content.put(image, SIZE);
  content.at(image).bytes = new Uint8Array(SIZE).fill(1);
  const first = (await one.backup([], false, false))!;
  content.at(image).bytes = new Uint8Array(SIZE).fill(1).fill(2, 0, 512);
  const now = content.at(image).bytes.slice();
  const second = (await one.backup([], false, false))!;
  return { one, target, first, second, now };
}

const hide = (target: ForgetfulTarget, id: string) => {
  target.hidden = (name) => name.includes(`/backups/${id}`);
};

describe('a target that lists less than it has', () => {
  test('loses no run of a backup that it does not show when another one is deleted', async () => {
    const { one, target, first, second, now } = await system();
    hide(target, second);
    await one.delete(first, []);
    target.hidden = () => false;
    expect([...(await one.restore(second)).values()]).toEqual([now]);
    await one.requireWhole();
  });

  test('nor when it is swept', async () => {
    const { one, target, second, now } = await system();
    hide(target, second);
    await one.sweep(1);
    await one.sweep(25);
    await one.sweep(25);
    target.hidden = () => false;
    expect([...(await one.restore(second)).values()]).toEqual([now]);
  });

  test('what a backup without a copy in the database needs nobody knows: nothing goes', async () => {
    const { one, target, first, second } = await system();
    one.copies.delete(second);
    hide(target, second);
    await one.delete(first, []);
    await one.sweep(1);
    await one.sweep(25);
    target.hidden = () => false;
    await one.requireWhole();
    // Seen again, what nobody needs goes as ever.
    await one.delete(second, []);
    await one.sweep(1);
    await one.sweep(25);
    expect(await one.leftovers()).toEqual([]);
  });
});
