import { backupSnapName } from '../../domain/names.ts';
import type { WantedConsistency } from '../../domain/points/backup.ts';
import { refuseFirst } from '../../domain/rules/refusal.ts';
import { captureRefusals } from '../../domain/rules/server-rules.ts';
import type { Environment } from '../../ports/openstack.ts';
import { type DiskPlace, locateDisks } from '../lookups/locate-disks.ts';
import { serverOf } from '../lookups/server-of.ts';
import type { RecipeStep } from '../world.ts';
import { type Base, chooseBase } from './choose-base.ts';
import { refuseNearlyFull } from './refuse-nearly-full.ts';

export interface CreateBackupInput {
  backup_id: string;
  server_id: string;
  /** null: incremental where a base exists. */
  incremental: boolean | null;
  consistency: WantedConsistency;
  target: string;
}

export interface PlannedDisk extends DiskPlace {
  snap: string;
  base: Base | null;
  fullReason: string | null;
  /** Ceph's own id. Absent in older journals. */
  imageId?: string;
}

export interface BackupPlan {
  serverName: string;
  environment: Environment;
  disks: PlannedDisk[];
}

/** Read-only. All preconditions are checked here; later steps do not refuse. */
export const planBackup: RecipeStep<CreateBackupInput, BackupPlan> = {
  name: 'plan-backup',
  async act(context, input) {
    const { world, operation } = context;
    const server = await serverOf(context, input.server_id);
    refuseFirst(captureRefusals(server));
    const target = world.targets.get(input.target);
    await target.probe();
    const live = await locateDisks(world, server);
    await refuseNearlyFull(
      world,
      live.map((disk) => disk.image.pool),
    );
    const backups = await world.catalogue.backupsOfServer(server.id, operation.project_id);
    const disks = await Promise.all(
      live.map(async (disk): Promise<PlannedDisk> => {
        const choice =
          input.incremental === false
            ? { base: null, why: 'a full backup was asked for' }
            : await chooseBase(world, target, disk, backups);
        const { mistrust: _, ...place } = disk;
        const fullReason = choice.base === null ? choice.why : null;
        return { ...place, snap: backupSnapName(input.backup_id), base: choice.base, fullReason };
      }),
    );
    // A full export takes at most the whole disk; the size of an increment is not known before.
    if (disks.every((disk) => disk.base === null))
      context.progress.total(disks.reduce((sum, disk) => sum + disk.sizeBytes, 0));
    return { serverName: server.name, environment: await world.cloud.environment(server), disks };
  },
};
