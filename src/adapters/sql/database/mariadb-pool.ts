import { readFileSync } from 'node:fs';
import type { MysqlPool, MysqlPoolConnection } from 'kysely';
import { createPool, type PoolConnection, type PoolOptions } from 'mysql2';

const CONNECTIONS = 10;
/** Number of callers that may wait for a connection; further ones are refused at once. */
const WAITING_CALLERS = 1_000;
const CONNECT_LIMIT_MS = 10_000;
const IDLE_LIMIT_MS = 60_000;
/** How long a statement waits for a row that another transaction has locked. */
const LOCK_WAIT_SECONDS = 10;
/** A server that does not answer for this long is taken for dead. Longer than the wait for a row's lock. */
const ANSWER_LIMIT_MS = 20_000;

/** Sent first on each connection: values that do not fit are errors, never cut short. */
export const SESSION_SQL = `set session sql_mode = 'TRADITIONAL', innodb_lock_wait_timeout = ${LOCK_WAIT_SECONDS}`;

/** @param url `mysql://user:password@host:port/database[?ssl_ca=/path]` */
export function mariadbPool(url: URL, answerLimitMs = ANSWER_LIMIT_MS): MysqlPool {
  const pool = createPool(poolOptions(url));
  return {
    getConnection: (callback) =>
      pool.getConnection((error, connection) => {
        if (error) callback(error, undefined as unknown as MysqlPoolConnection);
        else callback(null, withAnswerLimit(connection, answerLimitMs));
      }),
    end: (callback) => pool.end(callback),
  };
}

function poolOptions(url: URL): PoolOptions {
  const ca = url.searchParams.get('ssl_ca');
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? 3306 : Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)),
    ...(ca === null ? {} : { ssl: { ca: readFileSync(ca) } }),
    charset: 'utf8mb4_bin',
    // Integers beyond 2^53 come as text instead of a wrong number.
    supportBigNumbers: true,
    dateStrings: true,
    connectionLimit: CONNECTIONS,
    queueLimit: WAITING_CALLERS,
    connectTimeout: CONNECT_LIMIT_MS,
    idleTimeout: IDLE_LIMIT_MS,
    maxIdle: 2,
    enableKeepAlive: true,
  };
}

const limited = new WeakMap<PoolConnection, MysqlPoolConnection>();

/**
 * The same connection with a time limit on every statement. After the limit the connection is closed: a late answer
 * must not be taken for the answer to the next statement. Returns always the same object for the same connection,
 * because by it Kysely recognizes new connections.
 */
function withAnswerLimit(connection: PoolConnection, timeout: number): MysqlPoolConnection {
  const known = limited.get(connection);
  if (known) return known;
  const wrapped = {
    query: (sql: string, values: unknown, callback: (error: unknown, result: unknown) => void) =>
      connection.query({ sql, values: values as unknown[], timeout }, (error, result) => {
        if (error?.code === 'PROTOCOL_SEQUENCE_TIMEOUT') connection.destroy();
        callback(error, result);
      }),
    release: () => connection.release(),
    destroy: () => connection.destroy(),
    connect: () => undefined,
    config: connection.config,
    threadId: connection.threadId,
  } as unknown as MysqlPoolConnection;
  limited.set(connection, wrapped);
  return wrapped;
}
