import type { Database } from '../../../src/adapters/sql/database/open-database.ts';
import { sqlDebts } from '../../../src/adapters/sql/operations/sql-debts.ts';
import { sqlHostRequests } from '../../../src/adapters/sql/operations/sql-host-requests.ts';
import { sqlJournal } from '../../../src/adapters/sql/operations/sql-journal.ts';
import { sqlLeftBehind } from '../../../src/adapters/sql/operations/sql-left-behind.ts';
import { sqlOperations } from '../../../src/adapters/sql/operations/sql-operations.ts';
import { sqlCatalogue } from '../../../src/adapters/sql/points/sql-catalogue.ts';
import { sqlChains } from '../../../src/adapters/sql/points/sql-chains.ts';
import { sqlMessages } from '../../../src/adapters/sql/policies/sql-messages.ts';
import { sqlPolicies } from '../../../src/adapters/sql/policies/sql-policies.ts';
import { sqlQuotas } from '../../../src/adapters/sql/policies/sql-quotas.ts';
import { sqlCondemnedRuns } from '../../../src/adapters/sql/targets/sql-condemned-runs.ts';
import { sqlErasures } from '../../../src/adapters/sql/targets/sql-erasures.ts';
import { sqlManifestCopies } from '../../../src/adapters/sql/targets/sql-manifest-copies.ts';
import { sqlOwnNames } from '../../../src/adapters/sql/targets/sql-own-names.ts';
import { sqlServedDisks } from '../../../src/adapters/sql/targets/sql-served-disks.ts';
import { sqlTargetReports } from '../../../src/adapters/sql/targets/sql-target-reports.ts';
import { sqlVerifyShares } from '../../../src/adapters/sql/targets/sql-verify-shares.ts';
import { sqlTurns } from '../../../src/adapters/sql/workers/sql-turns.ts';
import { sqlWorkers } from '../../../src/adapters/sql/workers/sql-workers.ts';
import { systemIds } from '../../../src/adapters/system/ids.ts';
import type { Catalogue } from '../../../src/ports/stores/catalogue.ts';
import type { Chains } from '../../../src/ports/stores/chains.ts';
import type { CondemnedRuns } from '../../../src/ports/stores/condemned-runs.ts';
import type { Debts } from '../../../src/ports/stores/debts.ts';
import type { Erasures } from '../../../src/ports/stores/erasures.ts';
import type { HostRequests } from '../../../src/ports/stores/host-requests.ts';
import type { Journal } from '../../../src/ports/stores/journal.ts';
import type { ManifestCopies } from '../../../src/ports/stores/manifest-copies.ts';
import type { Messages } from '../../../src/ports/stores/messages.ts';
import type { LeftBehind, Operations } from '../../../src/ports/stores/operations.ts';
import type { OwnNames } from '../../../src/ports/stores/own-names.ts';
import type { Policies } from '../../../src/ports/stores/policies.ts';
import type { Quotas } from '../../../src/ports/stores/quotas.ts';
import type { ServedDisks } from '../../../src/ports/stores/served-disks.ts';
import type { TargetReports } from '../../../src/ports/stores/target-reports.ts';
import type { Turns } from '../../../src/ports/stores/turns.ts';
import type { VerifyShares } from '../../../src/ports/stores/verify-shares.ts';
import type { Workers } from '../../../src/ports/stores/workers.ts';
import type { Clock } from '../../../src/ports/system.ts';

export interface Stores {
  catalogue: Catalogue;
  manifestCopies: ManifestCopies;
  chains: Chains;
  condemnedRuns: CondemnedRuns;
  debts: Debts;
  ownNames: OwnNames;
  targetReports: TargetReports;
  operations: Operations;
  journal: Journal;
  leftBehind: LeftBehind;
  policies: Policies;
  turns: Turns;
  quotas: Quotas;
  messages: Messages;
  hostRequests: HostRequests;
  servedDisks: ServedDisks;
  workers: Workers;
  erasures: Erasures;
  /** The same tables over another connection, as another process has them. */
  verifyShares: VerifyShares;
  elsewhere: {
    verifyShares: VerifyShares;
    policies: Policies;
    turns: Turns;
    operations: Operations;
    journal: Journal;
    hostRequests: HostRequests;
  };
}

const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async () => {},
};

export const storesOn = (db: Database, other: Database): Stores => ({
  catalogue: sqlCatalogue(db, clock),
  manifestCopies: sqlManifestCopies(db),
  chains: sqlChains(db),
  condemnedRuns: sqlCondemnedRuns(db),
  debts: sqlDebts(db, clock),
  ownNames: sqlOwnNames(db, systemIds),
  targetReports: sqlTargetReports(db),
  operations: sqlOperations(db, clock),
  journal: sqlJournal(db, clock),
  leftBehind: sqlLeftBehind(db),
  policies: sqlPolicies(db, clock),
  turns: sqlTurns(db),
  quotas: sqlQuotas(db),
  messages: sqlMessages(db),
  hostRequests: sqlHostRequests(db, clock),
  verifyShares: sqlVerifyShares(db, clock),
  servedDisks: sqlServedDisks(db),
  workers: sqlWorkers(db),
  erasures: sqlErasures(db),
  elsewhere: {
    verifyShares: sqlVerifyShares(other, clock),
    policies: sqlPolicies(other, clock),
    turns: sqlTurns(other),
    operations: sqlOperations(other, clock),
    journal: sqlJournal(other, clock),
    hostRequests: sqlHostRequests(other, clock),
  },
});
