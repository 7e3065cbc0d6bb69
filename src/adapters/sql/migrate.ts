import { Migrator } from 'kysely/migration';
import { guarded } from './database-trouble.ts';
import { migrations } from './migrations/index.ts';
import type { Database } from './tables.ts';

/**
 * Brings the tables up to date. Safe to run from several processes at once and any number of times: SQLite runs it
 * in one transaction, MariaDB under a named lock, and each statement may find its work done (MariaDB commits every
 * `create table` on its own, so a killed migration leaves some of them behind).
 * @throws RewindError `database.unavailable`, `internal.database`
 */
export async function migrate(db: Database): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => migrations },
    // between two releases later ones may have come first; they do not build on each other
    allowUnorderedMigrations: true,
  });
  await guarded(async () => {
    const { error } = await migrator.migrateToLatest();
    if (error !== undefined) throw error;
  });
}
