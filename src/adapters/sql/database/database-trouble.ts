import { setTimeout as sleep } from 'node:timers/promises';
import type { Transaction } from 'kysely';
import { RewindError } from '../../../domain/errors.ts';
import { databaseTrouble, isWithoutTable } from './database-words.ts';
import { isSqliteUniqueViolation, sqliteCode } from './sqlite-errors.ts';
import type { Database, Tables } from './tables.ts';

/** Attempts of one piece of work that lost against another transaction. */
const ATTEMPTS = 10;
const LONGEST_PAUSE_MS = 100;

/**
 * Does work on the database and translates its failures into our codes. Work that lost a conflict (deadlock, a row
 * changed since it was read, Galera's certification) was rolled back by the server and is repeated, so it must not have
 * effects outside the database.
 * @throws RewindError `database.unavailable` and more specific codes (errored), `internal.database` (bug), or what the
 * work throws
 */
export async function guarded<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= ATTEMPTS || !lostConflict(error)) throw named(error);
    }
    await sleep(Math.random() * LONGEST_PAUSE_MS);
  }
}

/** The same for work that is one transaction. Inside, only the given handle may be used. */
export async function transact<T>(db: Database, work: (tx: Transaction<Tables>) => Promise<T>): Promise<T> {
  return await guarded(() => db.transaction().execute(work));
}

export function isUniqueViolation(error: unknown): boolean {
  return isSqliteUniqueViolation(error) || serverErrno(error) === ER_DUP_ENTRY;
}

const ER_DUP_ENTRY = 1062;
/** ER_LOCK_DEADLOCK, ER_CHECKREAD (MariaDB: "Record has changed since last read") */
const CONFLICTS = [1213, 1020];

function lostConflict(error: unknown): boolean {
  const errno = serverErrno(error);
  return errno !== undefined && CONFLICTS.includes(errno);
}

function named(error: unknown): RewindError {
  if (error instanceof RewindError) return error;
  return isOurMistake(error) ? new RewindError('internal.database', { cause: error }) : databaseTrouble(error);
}

/** SQLITE_ERROR, TOOBIG, CONSTRAINT, MISMATCH, MISUSE, RANGE */
const SQLITE_MISTAKES = [1, 18, 19, 20, 21, 25];
/** SQLSTATE classes of cardinality, data and constraint errors. */
const SERVER_MISTAKES = /^(21|22|23)/;
/** ER_BAD_FIELD_ERROR, ER_PARSE_ERROR */
const SERVER_MISTAKE_NUMBERS = [1054, 1064];

/** Mistakes of this program, as opposed to trouble of the database. */
function isOurMistake(error: unknown): boolean {
  if (['TypeError', 'RangeError'].includes((error as { name?: string } | undefined)?.name ?? '')) return true;
  const code = sqliteCode(error);
  if (code !== undefined) return SQLITE_MISTAKES.includes(code) && !isWithoutTable(error);
  const errno = serverErrno(error);
  if (errno === undefined) return false;
  const state = (error as { sqlState?: unknown }).sqlState;
  return SERVER_MISTAKE_NUMBERS.includes(errno) || (typeof state === 'string' && SERVER_MISTAKES.test(state));
}

function serverErrno(error: unknown): number | undefined {
  const errno = typeof error === 'object' && error !== null && 'errno' in error ? error.errno : undefined;
  return typeof errno === 'number' ? errno : undefined;
}
