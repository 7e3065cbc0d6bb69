import { readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { quietly, tool } from './host-tools.ts';

/**
 * Removes what a killed process left in the folder: mounts, the loop devices under them, the FUSE files under those
 * (their daemons died with it), files. Nothing is removed below a path that is still mounted.
 */
export async function sweepHost(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  if (names.length === 0) return [];
  // A loop device is found by its file, which has no name any more once the FUSE mount under it has gone: so that mount
  // goes last.
  for (const mount of (await mountsBelow(folder)).filter((one) => one.endsWith('/mount'))) {
    await tool('umount', mount).catch(() => quietly(tool('umount', '--lazy', mount)));
  }
  for (const loop of await loopsBelow(folder)) await quietly(tool('losetup', '--detach', loop));
  // Then the FUSE files, which the loop devices kept busy.
  for (const mount of await mountsBelow(folder)) await quietly(tool('umount', '--lazy', mount));
  const still = await mountsBelow(folder);
  for (const name of names) {
    const path = join(folder, name);
    if (still.some((mount) => mount.startsWith(`${path}/`))) continue;
    await quietly(rmdir(join(path, 'mount')));
    await quietly(rm(join(path, 'image'), { force: true }));
    await quietly(rmdir(path));
    if (name.endsWith('.memory')) await rm(path, { force: true });
  }
  return names;
}

async function mountsBelow(folder: string): Promise<string[]> {
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  const points = lines.map((line) => line.split(' ')[4] ?? '').map(unescaped);
  return points.filter((point) => point.startsWith(`${folder}/`));
}

/** The kernel writes a blank as \040. */
const unescaped = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

async function loopsBelow(folder: string): Promise<string[]> {
  const listed = await tool('losetup', '--list', '--noheadings', '--raw', '--output', 'NAME,BACK-FILE').catch(() => '');
  const lines = listed.split('\n').map((line) => line.split(' '));
  return lines.filter(([, file]) => file?.startsWith(`${folder}/`)).map(([name]) => name ?? '');
}
