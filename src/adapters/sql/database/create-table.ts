import { CompiledQuery, type Kysely, SqliteAdapter } from 'kysely';

export interface TableText {
  name: string;
  /** Column and key clauses that SQLite and MariaDB both read. */
  clauses: string[];
  /** Index name → its columns. */
  indexes?: Record<string, string[]>;
}

/** Compared byte by byte on MariaDB too, so that both databases sort and match alike. */
const MARIADB_OPTIONS = 'engine = InnoDB row_format = dynamic default charset = utf8mb4 collate = utf8mb4_bin';

/** One table with its indexes: on MariaDB one statement, on SQLite several inside the migration's transaction. */
export async function createTable(db: Kysely<unknown>, table: TableText): Promise<void> {
  const run = (text: string) => db.executeQuery(CompiledQuery.raw(text));
  const indexes = Object.entries(table.indexes ?? {}).map(([name, columns]) => ({ name, on: columns.join(', ') }));
  if (db.getExecutor().adapter instanceof SqliteAdapter) {
    await run(`create table if not exists ${table.name} (${table.clauses.join(', ')})`);
    for (const { name, on } of indexes) await run(`create index if not exists ${name} on ${table.name} (${on})`);
    return;
  }
  const clauses = [...table.clauses, ...indexes.map(({ name, on }) => `index ${name} (${on})`)];
  await run(`create table if not exists ${table.name} (${clauses.join(', ')}) ${MARIADB_OPTIONS}`);
}
