import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { CompiledQuery, type Dialect, Kysely, MysqlDialect, sql } from 'kysely';
import { RewindError } from '../../../domain/errors.ts';
import { guarded } from './database-trouble.ts';
import { mariadbPool, SESSION_SQL } from './mariadb-pool.ts';
import { whileBusy } from './sqlite-busy.ts';
import { sqliteDialect } from './sqlite-dialect.ts';
import type { Database, Tables } from './tables.ts';

export type { Database } from './tables.ts';

/** Only the service reads its database. */
const FILE_MODE = 0o600;

/**
 * Opens lazily: the first statement connects. `destroy()` on the result closes.
 * @param url `sqlite:/path/file.db`, `sqlite::memory:`, or `mysql://user:password@host:port/database[?ssl_ca=/path]`
 * (`mariadb://` and `mysql+pymysql://`, as other OpenStack services write it, mean the same).
 * @throws RewindError `config.database-url` – the URL is none of these. The URL itself is not in the message.
 */
export function openDatabase(url: string): Database {
  return new Kysely<Tables>({ dialect: dialectOf(url) });
}

/** Resolves when the database answers; rejects with `database.unavailable`. */
export async function pingDatabase(db: Database): Promise<void> {
  await guarded(() => sql`select 1`.execute(db));
}

function dialectOf(url: string): Dialect {
  if (url.startsWith('sqlite:')) {
    const path = url.slice('sqlite:'.length).replace(/^\/\/(?=\/)/, '');
    if (path !== '') return sqliteDialect(() => openFile(path));
  }
  if (/^(mysql|mariadb|mysql\+pymysql):\/\//.test(url) && URL.canParse(url)) {
    const parsed = new URL(url);
    if (parsed.hostname !== '' && parsed.pathname.length > 1)
      return new MysqlDialect({
        pool: async () => mariadbPool(parsed),
        onCreateConnection: async (connection) => {
          await connection.executeQuery(CompiledQuery.raw(SESSION_SQL));
        },
      });
  }
  throw new RewindError('config.database-url');
}

async function openFile(path: string): Promise<DatabaseSync> {
  if (path !== ':memory:') closeSync(openSync(path, 'a', FILE_MODE));
  const database = new DatabaseSync(path, { timeout: 0, enableForeignKeyConstraints: true });
  // A power cut must not lose a recorded step: FULL syncs the log at every commit.
  await whileBusy(() => database.exec('pragma journal_mode = wal; pragma synchronous = full;'));
  return database;
}
