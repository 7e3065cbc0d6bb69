import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { hashes, keepWriting, mountVolume, stopWriting, writeRandom } from '../world/lab/guest-disks.ts';
import { guest, guestReady, rbdJson } from '../world/lab/lab.ts';
import { available, carryOut, type Installation, install } from '../world/lab/rewind.ts';
import {
  act,
  attach,
  bootServer,
  createVolume,
  deleteServer,
  deleteVolume,
  detach,
  logIn,
  must,
  serverIs,
  showVolume,
  startServer,
  stopServer,
  type Tenant,
  volumeIs,
} from '../world/lab/tenant.ts';

const INCREMENTS = 5;
const PLACES = ['/var/lab', '/mnt/a', '/mnt/b'];

let demo: Tenant;
let rewind: Installation;
let server: string;
let volumes: string[];
const backups: { id: string; files: string[] }[] = [];

const files = PLACES.flatMap((place) => Array.from({ length: INCREMENTS + 2 }, (_, n) => `${place}/known-${n}.bin`));
const mountBoth = async (fresh: boolean) => {
  await mountVolume(server, volumes[0] ?? '', '/mnt/a', fresh);
  await mountVolume(server, volumes[1] ?? '', '/mnt/b', fresh);
};

beforeAll(async () => {
  demo = await logIn('demo');
  rewind = install();
  rewind.start('all');
  await rewind.ready();
  server = await bootServer(demo, 'e2e-story');
  volumes = await Promise.all([
    createVolume(demo, 'e2e-a', 1, { metadata: { owner: 'story' } }),
    createVolume(demo, 'e2e-b'),
  ]);
  for (const volume of volumes) await attach(demo, server, volume);
  await guestReady(server);
  await mountBoth(true);
});

afterAll(() => deleteServer(demo, server));
afterAll(async () => {
  for (const volume of volumes) if (await showVolume(demo, volume)) await deleteVolume(demo, volume);
});
afterAll(() => rewind.end());

describe('a busy server', () => {
  test('is backed up in full and then by increments, while it writes', async () => {
    await keepWriting(server, PLACES);
    for (let n = 0; n <= INCREMENTS; n += 1) {
      for (const place of PLACES) await writeRandom(server, `${place}/known-${n}.bin`, 2);
      const known = await hashes(server, files);
      const backup = await available(carryOut(rewind, demo, 'backup', { server_id: server, name: `n${n}` }));
      expect(backup.incremental).toBe(n > 0);
      backups.push({ id: backup.id, files: known });
    }
    const last = backups.at(-1);
    const shown = await rewind.call<{ backup: { stored_bytes: number; disks: { full_reason: null }[] } }>(
      demo,
      'GET',
      `/v1/backups/${last?.id}`,
    );
    expect(shown.body.backup.disks).toHaveLength(3);
    const images = [`vms/${server}_disk`, ...volumes.map((volume) => `volumes/volume-${volume}`)];
    for (const image of images) {
      const snaps = await rbdJson<{ name: string }[]>('snap', 'ls', image);
      expect(snaps.map((snap) => snap.name)).toEqual([`rewind-b-${last?.id}`]);
    }
  });

  test('comes back in place: a deleted volume, an overwritten root disk', async () => {
    await stopWriting(server);
    await guest(server, 'sync; umount /mnt/a /mnt/b; sync');
    const [lost] = volumes;
    await detach(demo, server, lost ?? '');
    await deleteVolume(demo, lost ?? '');
    await guest(
      server,
      'rm -f /var/lab/known-*; dd if=/dev/urandom of=/dev/vda bs=1M seek=130 count=60 conv=notrunc 2>/dev/null; sync',
    );
    const last = backups.at(-1);
    const restore = await available(carryOut(rewind, demo, 'restore', { backup_id: last?.id, mode: 'in_place' }));
    const made = (restore.volumes as { disk_id: string; volume_id: string }[]).find((one) => one.disk_id === lost);
    volumes[0] = made?.volume_id ?? '';
    expect(volumes[0]).not.toBe(lost);
    await serverIs(demo, server, 'ACTIVE');
    await guestReady(server);
    await mountBoth(false);
    expect(await hashes(server, files)).toEqual(last?.files);
    const volume = await showVolume(demo, volumes[0]);
    expect(volume?.metadata.owner).toBe('story');
  });

  test('goes back to the first backup, and forward by one made after that', async () => {
    const [first] = backups;
    await guest(server, 'umount /mnt/a /mnt/b; sync');
    // The volume that was deleted has another id now; in its backup it has the old one, and it comes back as a third.
    const disks = [server, volumes[1] ?? ''];
    await available(carryOut(rewind, demo, 'restore', { backup_id: first?.id, mode: 'in_place', disks }));
    await guestReady(server);
    await mountBoth(false);
    const there = (await hashes(server, files)).filter((line) => !line.includes('/mnt/a'));
    expect(there).toEqual(first?.files.filter((line) => !line.includes('/mnt/a')));
    await writeRandom(server, '/var/lab/known-6.bin', 2);
    const known = await hashes(server, files);
    const next = await available(carryOut(rewind, demo, 'backup', { server_id: server }));
    const disk = (next.disks as { id: string; incremental: boolean; full_reason: string | null }[]).map((one) => [
      one.id,
      one.incremental,
    ]);
    expect(Object.fromEntries(disk)).toMatchObject({
      [server]: true,
      [volumes[1] ?? '']: true,
      [volumes[0] ?? '']: false,
    });
    await guest(server, 'rm -f /var/lab/known-*; sync');
    await guest(server, 'umount /mnt/a /mnt/b; sync');
    await available(carryOut(rewind, demo, 'restore', { backup_id: next.id, mode: 'in_place' }));
    await guestReady(server);
    await mountBoth(false);
    expect(await hashes(server, files)).toEqual(known);
  });
});

describe('what was restored is ordinary', () => {
  test('a restored volume attaches to the running server, then detaches, extends, is snapshot, cloned, deleted', async () => {
    const last = backups.at(-1);
    const lost = volumes[1] ?? '';
    const restore = await available(
      carryOut(rewind, demo, 'restore', {
        backup_id: last?.id,
        mode: 'volumes',
        disks: [lost],
        attach_to: server,
        name: 'e2e-back',
      }),
    );
    const [{ volume_id: volume } = { volume_id: '' }] = restore.volumes as { volume_id: string }[];
    await mountVolume(server, volume, '/mnt/c', false);
    const back = await hashes(
      server,
      files.filter((file) => file.startsWith('/mnt/b')).map((file) => file.replace('/mnt/b', '/mnt/c')),
    );
    expect(back.map((line) => line.replace('/mnt/c', '/mnt/b'))).toEqual(
      last?.files.filter((line) => line.includes('/mnt/b')),
    );
    await guest(server, 'umount /mnt/c');

    await detach(demo, server, volume);
    await attach(demo, server, volume);
    await detach(demo, server, volume);
    await must(demo.call('volume', 'POST', `/volumes/${volume}/action`, { 'os-extend': { new_size: 2 } }));
    expect((await volumeIs(demo, volume, 'available')).size).toBe(2);
    const { snapshot } = await must<{ snapshot: { id: string } }>(
      demo.call('volume', 'POST', '/snapshots', { snapshot: { volume_id: volume, name: 'plain' } }),
    );
    const snapshotIs = async (status: number | string) => {
      for (;;) {
        const seen = await demo.call<{ snapshot: { status: string } }>('volume', 'GET', `/snapshots/${snapshot.id}`);
        if (seen.status === status || seen.body.snapshot?.status === status) return;
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
    };
    await snapshotIs('available');
    const clone = await createVolume(demo, 'e2e-clone', 2, { source_volid: volume });
    await deleteVolume(demo, clone);
    await must(demo.call('volume', 'DELETE', `/snapshots/${snapshot.id}`));
    await snapshotIs(404);
    await deleteVolume(demo, volume);
    const images = await rbdJson<string[]>('ls', 'volumes');
    expect(images.filter((name) => name.includes(volume))).toEqual([]);
    const trash = await rbdJson<{ name: string }[]>('trash', 'ls', 'volumes');
    expect(trash.filter((one) => one.name.includes(volume))).toEqual([]);
  });

  test('the restored root disk stops, starts, reboots, resizes, and rebuilds to a new one', async () => {
    await stopServer(demo, server);
    await startServer(demo, server);
    await guestReady(server);
    await act(demo, server, { reboot: { type: 'HARD' } });
    await serverIs(demo, server, 'ACTIVE');
    await guestReady(server);

    const { flavors } = await must<{ flavors: { id: string; name: string }[] }>(
      demo.call('compute', 'GET', '/flavors'),
    );
    await act(demo, server, { resize: { flavorRef: flavors.find((one) => one.name === 'lab.big')?.id } });
    await serverIs(demo, server, 'VERIFY_RESIZE');
    await act(demo, server, { confirmResize: null });
    await serverIs(demo, server, 'ACTIVE');
    await guestReady(server);
    expect((await rbdJson<{ size: number }>('info', `vms/${server}_disk`)).size).toBe(2 * 1024 ** 3);

    const { images } = await must<{ images: { id: string }[] }>(demo.call('image', 'GET', '/v2/images?name=lab'));
    expect(await guest(server, 'ls /var/lab')).toContain('known-0.bin');
    await act(demo, server, { rebuild: { imageRef: images[0]?.id } });
    await serverIs(demo, server, 'ACTIVE', 300_000);
    await guestReady(server);
    expect(await guest(server, 'ls /var/lab')).not.toContain('known-0.bin');
  });
});
