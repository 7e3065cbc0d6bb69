import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { databaseNow } from '../../src/adapters/sql/database/database-time.ts';
import { migrate } from '../../src/adapters/sql/database/migrate.ts';
import { pingDatabase } from '../../src/adapters/sql/database/open-database.ts';
import { migrations } from '../../src/adapters/sql/migrations/all-migrations.ts';
import { archiveContract } from './sql/archive-contract.ts';
import { catalogueContract } from './sql/catalogue-contract.ts';
import { KINDS, type TestDatabase } from './sql/databases.ts';
import { debtsContract } from './sql/debts-contract.ts';
import { erasuresContract } from './sql/erasures-contract.ts';
import { hostRequestsContract } from './sql/host-requests-contract.ts';
import { journalContract } from './sql/journal-contract.ts';
import { leftBehindContract } from './sql/left-behind-contract.ts';
import { manifestCopiesContract } from './sql/manifest-copies-contract.ts';
import { operationsContract } from './sql/operations-contract.ts';
import { ownNamesContract } from './sql/own-names-contract.ts';
import { policiesContract } from './sql/policies-contract.ts';
import { quotasContract } from './sql/quotas-contract.ts';
import { servedDisksContract } from './sql/served-disks-contract.ts';
import { snapshotsContract } from './sql/snapshots-contract.ts';
import { type Stores, storesOn } from './sql/stores.ts';
import { targetReportsContract } from './sql/target-reports-contract.ts';
import { verifySharesContract } from './sql/verify-shares-contract.ts';
import { workersContract } from './sql/workers-contract.ts';

describe.each(KINDS)('the stores on $kind', ({ create }) => {
  let database: TestDatabase;
  let stores: Stores;

  beforeAll(async () => {
    database = await create();
    const [db, other] = [database.connect(), database.connect()];
    await migrate(db);
    stores = storesOn(db, other);
  });
  afterAll(() => database.destroy());

  journalContract(() => stores);
  operationsContract(() => stores);
  catalogueContract(() => stores);
  hostRequestsContract(() => stores);
  snapshotsContract(() => stores);
  manifestCopiesContract(() => stores);
  archiveContract(() => stores);
  targetReportsContract(() => stores);
  policiesContract(() => stores);
  quotasContract(() => stores);
  verifySharesContract(() => stores);
  servedDisksContract(() => stores);
  workersContract(() => stores);
  erasuresContract(() => stores);
  debtsContract(() => stores);
  leftBehindContract(() => stores);
  ownNamesContract(() => stores);

  it('say what time it is', async () => {
    expect(Math.abs((await databaseNow(database.connect())) - Date.now())).toBeLessThan(60_000);
  });
});

describe.each(KINDS)('migrations on $kind', ({ create }) => {
  it('run twice, and from several connections at once', async () => {
    const database = await create();
    try {
      const connections = Array.from({ length: 4 }, () => database.connect());
      await Promise.all(connections.map((db) => migrate(db)));
      await Promise.all(connections.map((db) => migrate(db)));
      for (const db of connections) await pingDatabase(db);
      const { rows } = await sql`select name from kysely_migration`.execute(connections[0]!);
      expect(rows).toHaveLength(Object.keys(migrations).length);
    } finally {
      await database.destroy();
    }
  });
});
