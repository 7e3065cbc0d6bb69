import { targetsOf } from '../adapters/target/targets.ts';
import type { Config } from '../config/load-config.ts';
import { readManifestKey } from '../config/manifest-key.ts';
import type { Targets } from '../ports/target.ts';
import type { RecipeSettings } from '../workflows/world.ts';
import { openTarget } from './target-types.ts';

/** Translates the operator's settings into each room's own. */

export function recipeSettingsOf({ ceph, worker, archive, restore, gateway }: Config): RecipeSettings {
  return {
    rootPool: ceph.pools.root,
    volumePool: ceph.pools.volumes,
    volumeHosts: ceph.volumeHosts,
    snapshotPool: ceph.pools.snapshots,
    nearlyFullRatio: ceph.nearlyFullRatio,
    disksInParallel: worker.disksInParallel,
    zstdLevel: archive.zstdLevel,
    compactRuns: archive.compactRuns,
    compactShare: archive.compactPercent / 100,
    sweepGraceHours: archive.sweepGraceHours,
    maxBytesPerSecond: worker.maxBytesPerSecond,
    useTrash: restore.useTrash,
    safetyHours: restore.safetyHours,
    gatewayUrl: gateway.publicUrl,
    objectsInParallel: gateway.objectsInParallel,
    rollbackMaxBytes: restore.rollbackMaxGib * 1024 ** 3,
  };
}

/** Opens the operator's targets. */
export async function targetsFrom(config: Pick<Config, 'targets'>): Promise<Targets> {
  const targets = await Promise.all(config.targets.map((target) => openTarget(target)));
  return targetsOf(targets, config.targets[0]?.name ?? '');
}

/** The targets and the key of all manifests. @throws RewindError `config.manifest-key`, `config.target-file` */
export async function archiveOf(
  config: Pick<Config, 'targets' | 'archive'>,
): Promise<{ key: Uint8Array; targets: Targets }> {
  return { key: manifestKeyOf(config), targets: await targetsFrom(config) };
}

/** @throws RewindError `config.manifest-key` */
export const manifestKeyOf = ({ archive }: Pick<Config, 'archive'>): Uint8Array =>
  Buffer.from(readManifestKey(archive.manifestKeyFile).reveal(), 'hex');
