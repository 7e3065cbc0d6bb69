import type { Migration } from 'kysely/migration';
import * as tables from '../migrations/0001-tables.ts';
import * as hostRequests from '../migrations/0002-host-requests.ts';
import * as snapshots from '../migrations/0003-snapshots.ts';
import * as restoreReport from '../migrations/0004-restore-report.ts';
import * as manifestCopies from '../migrations/0005-manifest-copies.ts';
import * as condemnedRuns from '../migrations/0006-condemned-runs.ts';
import * as verifyShares from '../migrations/0007-verify-shares.ts';
import * as targets from '../migrations/0008-targets.ts';
import * as policies from '../migrations/0009-policies.ts';
import * as servedDisks from '../migrations/0010-served-disks.ts';
import * as debts from '../migrations/0011-debts.ts';
import * as inventory from '../migrations/0012-inventory.ts';
import * as hostRequestSeals from '../migrations/0016-host-request-seals.ts';
import * as holds from '../migrations/0020-holds.ts';
import * as waits from '../migrations/0021-waits.ts';
import * as journalMarks from '../migrations/0025-journal-marks.ts';
import * as workers from '../migrations/0045-workers.ts';
import * as leftBehind from '../migrations/0050-left-behind.ts';
import * as erasedKeys from '../migrations/0055-erased-keys.ts';
import * as policyCredentials from '../migrations/0056-policy-credentials.ts';

/** In the order of their names. A migration that was released is never changed; a new one is added. */
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
  '0016-host-request-seals': hostRequestSeals,
  '0020-holds': holds,
  '0021-waits': waits,
  '0025-journal-marks': journalMarks,
  '0045-workers': workers,
  '0050-left-behind': leftBehind,
  '0055-erased-keys': erasedKeys,
  '0056-policy-credentials': policyCredentials,
};
