import type { Manifest, ManifestDisk, RunRef } from '../../archive/manifests/manifest.ts';
import { openChain } from '../../archive/runs/chain.ts';
import { hasCode, RewindError } from '../../domain/errors.ts';
import { backupOfSnapName } from '../../domain/names.ts';
import type { Backup } from '../../domain/points/backup.ts';
import type { Target } from '../../ports/target.ts';
import type { LiveDisk } from '../lookups/locate-disks.ts';
import { trustedManifest } from '../lookups/trusted-manifest.ts';
import { MAX_CHAIN } from '../recipe-limits.ts';
import type { World } from '../world.ts';

/** What a disk's increment builds on: the backup, its snap on the living image, the runs that restore it. */
export interface Base {
  backupId: string;
  snap: string;
  runs: RunRef[];
}

/** Either a base, or the reason why there is none; the reason is null where the lack is expected. */
export type BaseChoice = { base: Base } | { base: null; why: string | null };

/**
 * The newest backup of this server on this target whose snap is still on the image and whose runs are all there. An
 * increment on anything else would restore to a state that never existed.
 */
export async function chooseBase(
  world: World,
  target: Target,
  disk: LiveDisk,
  backups: readonly Backup[],
): Promise<BaseChoice> {
  const candidates = backups.filter((backup) => backup.status === 'available' && backup.target === target.name);
  if (candidates.length === 0) return { base: null, why: null };
  if (disk.mistrust !== null) return { base: null, why: `Ceph flags the image: ${disk.mistrust}` };
  const snaps = await world.ceph.listSnaps(disk.image);
  const ours = new Map(snaps.map((snap) => [backupOfSnapName(snap.name), snap]));
  let why = 'the snap of the last backup is gone from the image';
  for (const backup of candidates) {
    const snap = ours.get(backup.id);
    if (!snap) continue;
    const found = await baseIn(world, target, disk, backup);
    if (typeof found === 'string') why = found;
    else return { base: { backupId: backup.id, snap: snap.name, runs: found } };
  }
  const known = candidates.some((backup) => backup.disks.some((one) => one.id === disk.id));
  return { base: null, why: known ? why : 'the disk is new' };
}

async function baseIn(world: World, target: Target, disk: LiveDisk, backup: Backup): Promise<RunRef[] | string> {
  const manifest = await manifestOrReason(world, backup);
  if (typeof manifest === 'string') return manifest;
  const entry = manifest.disks.find((one) => one.id === disk.id);
  if (!entry) return 'the disk is new';
  if (disk.sizeBytes < entry.size_bytes) return 'the disk was made smaller';
  if (entry.runs.length >= MAX_CHAIN) return 'the chain is too long';
  return (await unreadable(world, target, entry, backup.id)) ?? entry.runs;
}

async function manifestOrReason(world: World, backup: Backup): Promise<Manifest | string> {
  try {
    return await trustedManifest(world, backup);
  } catch (error) {
    if (hasCode(error, 'archive.missing')) return `the manifest of backup ${backup.id} is missing`;
    if (hasCode(error, 'archive.damaged')) return `the manifest of backup ${backup.id} is damaged`;
    if (hasCode(error, 'archive.rolled-back')) return `an old manifest of backup ${backup.id} was put back`;
    throw error;
  }
}

/** Looks at sizes and footers, and fetches keys; verify reads everything back. */
async function unreadable(
  world: World,
  target: Target,
  entry: ManifestDisk,
  backupId: string,
): Promise<string | undefined> {
  try {
    await openChain(target, entry.runs, world.keys);
    return undefined;
  } catch (error) {
    if (hasCode(error, 'archive.missing')) return `data of backup ${backupId} is missing on the target`;
    if (hasCode(error, 'archive.damaged')) return `data of backup ${backupId} is damaged`;
    if (hasCode(error, 'archive.key-erased')) return `the key of backup ${backupId} was erased`;
    if (error instanceof RewindError && /^vm-backup\.(archive|keys|config)\./.test(error.code))
      return `the key of backup ${backupId} cannot be had`;
    throw error;
  }
}
