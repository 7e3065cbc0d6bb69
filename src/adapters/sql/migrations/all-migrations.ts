import type { Migration } from 'kysely/migration';
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
import * as hostRequestSeals from './0016-host-request-seals.ts';
import * as holds from './0020-holds.ts';
import * as waits from './0021-waits.ts';
import * as journalMarks from './0025-journal-marks.ts';
import * as workers from './0045-workers.ts';
import * as leftBehind from './0050-left-behind.ts';
import * as erasedKeys from './0055-erased-keys.ts';
import * as policyCredentials from './0056-policy-credentials.ts';

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
