import { saysBad } from '../../domain/points/backup.ts';
import type { RecipeStep } from '../world.ts';

export interface LookAtBasesInput {
  serverId: string;
  /** Ids of the backups whose runs the new one needs. */
  baseIds: string[];
}

/** Why the new backup cannot be restored, as the catalogue says it of a base. */
export interface BadBase {
  fail_code: string;
  fail_reason: string;
}

/**
 * Runs after the manifest is written: a base may have been found bad since it was chosen. If it is marked later than
 * this, the manifest is seen then and the new backup is marked too (mark-bad.ts).
 */
export const lookAtBases: RecipeStep<LookAtBasesInput, BadBase | null> = {
  name: 'look-at-bases',
  async act({ world, operation, log }, { serverId, baseIds }) {
    const rows = await world.catalogue.backupsOfServer(serverId, operation.project_id);
    for (const { id, status, fail_code, fail_reason } of rows) {
      if (!baseIds.includes(id) || status !== 'error' || fail_code === null || !saysBad(fail_code)) continue;
      log.error('the base of a new backup was found bad meanwhile', { base_id: id, fail_code });
      return { fail_code, fail_reason: fail_reason ?? 'A backup that this one builds on was found bad.' };
    }
    return null;
  },
};
