import type { Database } from '../../../src/adapters/sql/open-database.ts';
import { sqlCatalogue } from '../../../src/adapters/sql/sql-catalogue.ts';
import { sqlHostRequests } from '../../../src/adapters/sql/sql-host-requests.ts';
import { sqlJournal } from '../../../src/adapters/sql/sql-journal.ts';
import { sqlOperations } from '../../../src/adapters/sql/sql-operations.ts';
import type { Catalogue, HostRequests, Journal, Operations } from '../../../src/ports/stores.ts';
import type { Clock } from '../../../src/ports/system.ts';

export interface Stores {
  catalogue: Catalogue;
  operations: Operations;
  journal: Journal;
  hostRequests: HostRequests;
  /** The same tables over another connection, as another process has them. */
  elsewhere: { operations: Operations; journal: Journal; hostRequests: HostRequests };
}

const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async () => {},
};

export const storesOn = (db: Database, other: Database): Stores => ({
  catalogue: sqlCatalogue(db, clock),
  operations: sqlOperations(db, clock),
  journal: sqlJournal(db, clock),
  hostRequests: sqlHostRequests(db, clock),
  elsewhere: {
    operations: sqlOperations(other, clock),
    journal: sqlJournal(other, clock),
    hostRequests: sqlHostRequests(other, clock),
  },
});
