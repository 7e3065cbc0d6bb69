import { expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { migrate } from '../../../src/adapters/sql/database/migrate.ts';
import { openDatabase } from '../../../src/adapters/sql/database/open-database.ts';

test('an older release does not start on tables that a later one has changed, and says so', async () => {
  const db = openDatabase('sqlite::memory:');
  await migrate(db);
  await sql`insert into kysely_migration values ('9999-of-tomorrow', '2027-01-01T00:00:00.000Z')`.execute(db);
  await expect(migrate(db)).rejects.toMatchObject({
    code: 'vm-backup.database.newer',
    message: expect.stringContaining('9999-of-tomorrow'),
  });
  await db.destroy();
});
