import { DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import { migrate } from '../../src/adapters/sql/database/migrate.ts';
import type { Database } from '../../src/adapters/sql/database/open-database.ts';
import { sqliteDialect } from '../../src/adapters/sql/database/sqlite-dialect.ts';
import type { Tables } from '../../src/adapters/sql/database/tables.ts';

let migrated: Uint8Array | undefined;

/** An empty database in memory with today's tables: migrated once for a test file, then copied. */
export async function freshDatabase(): Promise<Database> {
  migrated ??= await migratedBytes();
  return databaseOf(migrated);
}

async function migratedBytes(): Promise<Uint8Array> {
  const made = openInMemory();
  const db = new Kysely<Tables>({ dialect: sqliteDialect(async () => made) });
  await migrate(db);
  const bytes = made.serialize();
  await db.destroy();
  return bytes;
}

function databaseOf(bytes: Uint8Array): Database {
  return new Kysely<Tables>({
    dialect: sqliteDialect(async () => {
      const copy = openInMemory();
      copy.deserialize(bytes);
      return copy;
    }),
  });
}

const openInMemory = () => new DatabaseSync(':memory:', { timeout: 0, enableForeignKeyConstraints: true });
