import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { type Database, openDatabase } from '../../../src/adapters/sql/database/open-database.ts';

/** An empty database of its own for one test file. */
export interface TestDatabase {
  url: string;
  /** Another connection (SQLite) or pool (MariaDB) to the same database, as another process would have. */
  connect(): Database;
  destroy(): Promise<void>;
}

/** Both kinds: SQLite always, MariaDB when the lab or REWIND_TEST_MARIADB_URL offers one. */
export const KINDS: { kind: string; create: () => Promise<TestDatabase> }[] = [
  { kind: 'SQLite', create: createSqlite },
  ...(mariadbUrl() === undefined ? [] : [{ kind: 'MariaDB', create: createMariadb }]),
];

export function mariadbUrl(): string | undefined {
  if (process.env.REWIND_TEST_MARIADB_URL) return process.env.REWIND_TEST_MARIADB_URL;
  const file = join(process.env.LAB_ROOT ?? '/srv/rewind-lab', 'rewind.env');
  if (process.env.REWIND_LAB !== '1' || !existsSync(file)) return undefined;
  return /^REWIND_TEST_MARIADB_URL=(.+)$/m.exec(readFileSync(file, 'utf8'))?.[1];
}

async function createSqlite(): Promise<TestDatabase> {
  const directory = mkdtempSync(join(tmpdir(), 'rewind-sql-'));
  return tracked(`sqlite:${join(directory, 'rewind.db')}`, async () => rmSync(directory, { recursive: true }));
}

async function createMariadb(): Promise<TestDatabase> {
  const url = new URL(mariadbUrl() as string);
  const owner = openDatabase(url.href);
  const name = `rewind_test_${randomUUID().replaceAll('-', '')}`;
  await sql`create database ${sql.raw(name)}`.execute(owner);
  url.pathname = `/${name}`;
  return tracked(url.href, async () => {
    await sql`drop database ${sql.raw(name)}`.execute(owner);
    await owner.destroy();
  });
}

function tracked(url: string, remove: () => Promise<void>): TestDatabase {
  const open: Database[] = [];
  return {
    url,
    connect() {
      const db = openDatabase(url);
      open.push(db);
      return db;
    },
    async destroy() {
      await Promise.all(open.map((db) => db.destroy()));
      await remove();
    },
  };
}
