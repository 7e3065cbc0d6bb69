import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { whileBusy } from './sqlite-busy.ts';

/**
 * Kysely on Node's own SQLite. Kysely's SqliteDialect is not used, because a second process on the same file needs
 * three things: transactions that take the write lock when they begin (a transaction that reads first and then writes
 * fails at once when another has written meanwhile), waiting for a lock without blocking the event loop, and migrations
 * inside a transaction.
 */
export function sqliteDialect(open: () => Promise<DatabaseSync>): Dialect {
  return {
    createDriver: () => new SqliteDriver(open),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new TransactionalDdlAdapter(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  };
}

/** SQLite rolls back `create table` like anything else; so the migrator runs in one `begin immediate`. */
class TransactionalDdlAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/** One connection; Kysely gives it to one user at a time, because the adapter says so. */
class SqliteDriver implements Driver {
  readonly #open: () => Promise<DatabaseSync>;
  #database: DatabaseSync | undefined;

  constructor(open: () => Promise<DatabaseSync>) {
    this.#open = open;
  }

  async init(): Promise<void> {
    this.#database = await this.#open();
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    if (!this.#database) throw new Error('the database is not open');
    return new SqliteConnection(this.#database);
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'));
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    // Some errors (full disk, I/O) have rolled back already; a second rollback would hide them.
    if (this.#database?.isTransaction) await connection.executeQuery(CompiledQuery.raw('rollback'));
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {
    this.#database?.close();
  }
}

class SqliteConnection implements DatabaseConnection {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    return await whileBusy(() => this.#execute<Row>(query));
  }

  #execute<Row>(query: CompiledQuery): QueryResult<Row> {
    const statement = this.#database.prepare(query.sql);
    const parameters = query.parameters as SQLInputValue[];
    if (statement.columns().length > 0) return { rows: statement.all(...parameters) as Row[] };
    const { changes } = statement.run(...parameters);
    return { rows: [], numAffectedRows: BigInt(changes) };
  }

  // biome-ignore lint/correctness/useYield: Kysely wants the method; nothing here streams
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('rows are not streamed out of SQLite');
  }
}
