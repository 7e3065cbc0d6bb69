import { sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import { RewindError } from '../../../domain/errors.ts';
import { migrations } from '../migrations/all-migrations.ts';
import { guarded } from './database-trouble.ts';
import type { Database } from './tables.ts';

/**
 * Brings the tables up to date. Safe to run from several processes at once and any number of times: SQLite runs it in
 * one transaction, MariaDB under a named lock, and each statement may find its work done (MariaDB commits every `create
 * table` on its own, so a killed migration leaves some of them behind).
 * @throws RewindError `database.newer`, `database.unavailable`, `internal.database`
 */
export async function migrate(db: Database): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => migrations },
    // Between two releases, later migrations may have run first; they do not build on each other.
    allowUnorderedMigrations: true,
  });
  await guarded(async () => {
    const { error } = await migrator.migrateToLatest();
    if (error === undefined) return;
    const unknown = await notOurs(db);
    throw unknown.length > 0 ? newer(unknown) : error;
  });
}

/** Migrations of a later release: this release would misread the tables. */
async function notOurs(db: Database): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`
    .execute(db)
    .catch(() => ({ rows: [] }));
  return rows.map(({ name }) => name).filter((name) => !(name in migrations));
}

const newer = (names: readonly string[]): RewindError =>
  new RewindError('database.newer', `A later release has changed the tables (${names.join(', ')}).`);
