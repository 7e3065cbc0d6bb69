import type { WordedCode } from '../../../domain/errors/error-catalogue.ts';
import { RewindError } from '../../../domain/errors.ts';
import { sqliteCode } from './sqlite-errors.ts';

type Trouble = Extract<WordedCode, `database.unavailable${string}`> | typeof UNWRITABLE;

/** For SQLite's file: a server that refuses writes may recover by itself, a file does not. */
const UNWRITABLE = 'unwritable';
const [AWAY, BUSY, SCHEMA] = [
  'database.unavailable',
  'database.unavailable.busy',
  'database.unavailable.schema',
] as const;
const [FULL, IO] = ['database.unavailable.full', 'database.unavailable.io-error'] as const;
const [READ_ONLY, CANNOT_OPEN] = ['database.unavailable.read-only', 'database.unavailable.cannot-open'] as const;

/** By the server's error numbers (mariadb.com/kb/en/mariadb-error-codes). */
const OF_SERVER: readonly (readonly [Trouble, readonly number[]])[] = [
  ['database.unavailable.conflict', [1213, 1020]],
  ['database.unavailable.lock-wait', [1205]],
  ['database.unavailable.too-many-connections', [1040, 1203, 1226]],
  [READ_ONLY, [1207, 1290, 1792, 1836]],
  // 1030 is "Got error 28 from storage engine" and others: see below.
  [FULL, [1021, 1114]],
  ['database.unavailable.access-denied', [1044, 1045, 1129, 1130, 1142, 1143, 1227, 1370, 1698, 1862]],
  [SCHEMA, [1049, 1051, 1146]],
  ['database.unavailable.no-quorum', [1047]],
  ['database.unavailable.packet-too-large', [1153, 1301]],
  ['database.unavailable.damaged', [1033, 1034, 1194, 1195, 1712, 1877]],
  ['database.unavailable.interrupted', [1317, 1927, 1969, 3024]],
  ['database.unavailable.memory', [1037, 1038, 1041]],
];
/** By SQLite's primary result codes. */
const OF_SQLITE: Readonly<Record<number, Trouble>> = {
  3: 'database.unavailable.access-denied',
  5: BUSY,
  6: BUSY,
  7: 'database.unavailable.memory',
  8: UNWRITABLE,
  9: 'database.unavailable.interrupted',
  10: IO,
  11: 'database.unavailable.damaged',
  13: FULL,
  14: CANNOT_OPEN,
  15: BUSY,
  23: 'database.unavailable.access-denied',
  26: 'database.unavailable.damaged',
};
const TLS = /^(HANDSHAKE_|CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER))/;

/** The meaning of a failure; the plain `database.unavailable` when its cause is unknown. */
export function databaseTrouble(error: unknown): RewindError {
  const code = troubleOf(error);
  if (code !== UNWRITABLE) return new RewindError(code, { cause: error });
  return new RewindError(READ_ONLY, 'The file of the database can only be read.', {
    retry: false,
    hint: 'It and its directory must be writable for the user of Rewind.',
    cause: error,
  });
}

function troubleOf(error: unknown): Trouble {
  const { errno, code, message } = (error ?? {}) as { errno?: unknown; code?: unknown; message?: unknown };
  const said = typeof message === 'string' ? message : '';
  const sqlite = sqliteCode(error);
  if (sqlite !== undefined) return isWithoutTable(error) ? SCHEMA : (OF_SQLITE[sqlite] ?? AWAY);
  const known = OF_SERVER.find(([, numbers]) => typeof errno === 'number' && numbers.includes(errno))?.[0];
  if (known) return known;
  // A storage engine's own numbers are those of the system: 28 ENOSPC, 122 EDQUOT, 30 EROFS, 5 EIO.
  const engine = /(?:got error|errno:?) \(?(\d+)/i.exec(said)?.[1];
  if (engine !== undefined) return { 28: FULL, 122: FULL, 30: READ_ONLY, 5: IO }[Number(engine)] ?? AWAY;
  if (typeof code === 'string' && TLS.test(code)) return 'database.unavailable.certificate';
  // Concerns the file itself, before SQLite sees it.
  if (typeof code === 'string' && /^(ENOENT|ENOTDIR|EACCES|EPERM|EROFS|EISDIR)$/.test(code)) return CANNOT_OPEN;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'database.unavailable.unknown-host';
  if (/queue limit reached|no connections available/i.test(said)) return BUSY;
  return AWAY;
}

/** SQLite has the same code for this and for a wrong statement. */
export const isWithoutTable = (error: unknown): boolean =>
  sqliteCode(error) === 1 && /no such table/i.test(String((error as { message?: unknown }).message));
