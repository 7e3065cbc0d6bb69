import { SqliteAdapter, sql } from 'kysely';
import { guarded } from './database-trouble.ts';
import type { Database } from './tables.ts';

/**
 * Milliseconds since 1970 by the clock of the database's host, which is the same for all workers.
 * @throws RewindError `database.unavailable`
 */
export async function databaseNow(db: Database): Promise<number> {
  const sqlite = db.getExecutor().adapter instanceof SqliteAdapter;
  const now = sqlite
    ? sql`(julianday('now') - 2440587.5) * 86400000`
    : sql`timestampdiff(microsecond, '1970-01-01', utc_timestamp(3)) / 1000`;
  const { rows } = await guarded(() => sql<{ ms: number | string }>`select ${now} as ms`.execute(db));
  return Number(rows[0]?.ms);
}
