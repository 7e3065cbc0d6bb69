import type { Migration } from 'kysely/migration';
import { addColumns } from '../database/add-columns.ts';
import * as tables from './0001-tables.ts';
import * as hostRequests from './0002-host-requests.ts';
import * as snapshots from './0003-snapshots.ts';
import * as restoreReport from './0004-restore-report.ts';
import * as manifestCopies from './0005-manifest-copies.ts';
import * as condemnedRuns from './0006-condemned-runs.ts';
import * as verifyShares from './0007-verify-shares.ts';
import * as targets from './0008-targets.ts';
import * as policies from './0009-policies.ts';
import * as servedDisks from './0010-served-disks.ts';
import * as debts from './0011-debts.ts';
import * as inventory from './0012-inventory.ts';
import * as holds from './0020-holds.ts';
import * as workers from './0045-workers.ts';
import * as erasedKeys from './0055-erased-keys.ts';

const columns = (table: string, added: Record<string, string>): Migration => ({
  up: (db) => addColumns(db, table, added),
});

/**
 * In the order of their names. A migration that was released is never changed; a new one is added: new columns are one
 * line here.
 */
export const migrations: Record<string, Migration> = {
  '0001-tables': tables,
  '0002-host-requests': hostRequests,
  '0003-snapshots': snapshots,
  '0004-restore-report': restoreReport,
  '0005-manifest-copies': manifestCopies,
  '0006-condemned-runs': condemnedRuns,
  '0007-verify-shares': verifyShares,
  '0008-targets': targets,
  '0009-policies': policies,
  '0010-served-disks': servedDisks,
  '0011-debts': debts,
  '0012-inventory': inventory,
  // who requested something of a host, and who answered
  '0016-host-request-seals': columns('host_requests', {
    expires_at: 'varchar(30)',
    seal: 'char(64)',
    answer_seal: 'char(64)',
  }),
  '0020-holds': holds,
  // operations that wait for an outside service give their worker's place back, and are looked at again later
  '0021-waits': columns('operations', { look_at: 'varchar(30)', waits: 'int not null default 0' }),
  // what a step makes is recognised by a random mark written with its intent; what it is about to request, by a note
  '0025-journal-marks': columns('journal', { mark: 'char(36)', noted: 'longtext' }),
  '0045-workers': workers,
  // whether it was recorded what an operation leaves in the other services: for those that ended before this, it was
  // not
  '0050-left-behind': columns('operations', { left_told: 'int not null default 0' }),
  '0055-erased-keys': erasedKeys,
  // the application credential with which a policy was saved: the policy does not outlive it
  '0056-policy-credentials': columns('policies', { credential_id: 'varchar(64)' }),
};
