import { DirectoryTarget } from '../adapters/target/directory.ts';
import { targetsOf } from '../adapters/target/targets.ts';
import type { Config } from '../config/load-config.ts';
import type { Targets } from '../ports/target.ts';
import type { RecipeSettings } from '../workflows/world.ts';

/** The operator's words in each room's own. */

export function recipeSettingsOf({ ceph, worker, archive }: Config): RecipeSettings {
  return {
    rootPool: ceph.pools.root,
    volumePool: ceph.pools.volumes,
    volumeHosts: ceph.volumeHosts,
    disksInParallel: worker.disksInParallel,
    zstdLevel: archive.zstdLevel,
    maxBytesPerSecond: worker.maxBytesPerSecond,
  };
}

export function targetsFrom(config: Config): Targets {
  const targets = config.targets.map((target) => new DirectoryTarget(target.name, target.path));
  return targetsOf(targets, config.targets[0]?.name ?? '');
}
