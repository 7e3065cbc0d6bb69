import { describe, expect, it } from '@jest/globals';
import { holdsOf } from '../../../src/domain/operations/holds.ts';
import type { Backup } from '../../../src/domain/points/backup.ts';
import { type RepairBackupsParts, repairOnce } from '../../../src/maintenance/points/repair-backups.ts';
import type { NewOperation } from '../../../src/ports/stores/operations.ts';
import { silentLog } from '../../world/silent-log.ts';

const SERVER = '11111111-1111-4111-8111-111111111111';
const NEWEST = '22222222-2222-4222-8222-222222222222';
const OLDER = '33333333-3333-4333-8333-333333333333';

const bad = (id: string, fail_code = 'vm-backup.archive.damaged') =>
  ({ id, fail_code, server_id: SERVER, project_id: 'p', status: 'error' }) as Backup;

/** What is asked for when these backups were found bad, of which NEWEST is the server's newest. */
async function asked(found: Backup[], manyTargets = false): Promise<NewOperation[]> {
  const recorded: NewOperation[] = [];
  const parts = {
    catalogue: { listBackups: async () => found, backupsOfServer: async () => [bad(NEWEST), bad(OLDER)] },
    operations: { record: async (operation: NewOperation) => void recorded.push(operation) },
    queue: { enqueue: async () => undefined },
    clock: { now: () => 0, monotonic: () => 0 },
    ids: { uuid: () => '44444444-4444-4444-8444-444444444444' },
    log: silentLog,
    deadlineHours: 1,
    manyTargets,
  } as unknown as RepairBackupsParts;
  const tried = new Map<string, number>();
  await repairOnce(parts, tried);
  // It is not tried again at once.
  await repairOnce(parts, tried);
  return recorded;
}

describe('the repair of bad backups', () => {
  it('holds the server and its archive: a compaction would write manifests of the same generation', async () => {
    const [one, ...more] = await asked([bad(NEWEST)]);
    expect(one).toMatchObject({
      operation: { workflow: 'repair-backup/1', resource_id: NEWEST },
      holds: holdsOf('repair-backup/1', { serverId: SERVER }),
    });
    expect(more).toEqual([]);
  });

  it('is not asked for where neither a snap nor a copy can be, nor for what was erased or failed to be made', async () => {
    expect(await asked([bad(OLDER)])).toEqual([]);
    expect(await asked([bad(NEWEST, 'vm-backup.archive.key-erased')])).toEqual([]);
    expect(await asked([bad(NEWEST, 'vm-backup.target.full')])).toEqual([]);
    expect(await asked([bad(OLDER)], true)).toHaveLength(1);
  });
});
