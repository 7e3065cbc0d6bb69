import { sqliteCode } from './sqlite-errors.ts';

/** What a database says: our code behind `database.unavailable`, words, whether it may pass by itself, a hint. */
export interface DatabaseTrouble {
  code: string;
  message: string;
  retry: boolean;
  hint: string;
}

const AGAIN = 'Try again later.';
const of = (code: string, message: string, retry: boolean, hint: string): DatabaseTrouble => ({
  code: code === '' ? 'database.unavailable' : `database.unavailable.${code}`,
  message,
  retry,
  hint,
});

const AWAY = of('', 'The database cannot be used at the moment.', true, AGAIN);
const CONFLICT = of('conflict', 'Too much is written to the same rows of the database at once.', true, AGAIN);
const LOCK_WAIT = of(
  'lock-wait',
  'Something holds rows of the database for too long.',
  true,
  'A transaction stands still: SHOW ENGINE INNODB STATUS names it.',
);
const CONNECTIONS = of(
  'too-many-connections',
  'The database takes no more connections.',
  true,
  'Raise max_connections (or the limit of the user); each process of Rewind takes up to 10.',
);
const READ_ONLY = of(
  'read-only',
  'The database can only be read.',
  true,
  'Name the server that takes writes; after a failover it may pass by itself.',
);
const FULL = of('full', 'The disk of the database is full.', true, 'Free room there.');
const DENIED = of(
  'access-denied',
  'The database refuses the user of Rewind, or lacks a right of its own.',
  false,
  'Look at the database URL and the grants: README, "Install for production".',
);
const SCHEMA = of(
  'schema',
  'The database has not the tables of this release.',
  false,
  'The first `rewind api` or `rewind worker` of a release makes them; is it the right database?',
);
const QUORUM = of('no-quorum', 'The database has no majority of its nodes.', true, 'Look at wsrep_cluster_status.');
const PACKET = of(
  'packet-too-large',
  'The database takes no row of this size.',
  false,
  'Raise max_allowed_packet to 64 MiB or more.',
);
const DAMAGED = of('damaged', 'The database is damaged.', false, 'Restore it: docs/runbooks/lost-rewind-database.md.');
const INTERRUPTED = of('interrupted', 'The database ended a statement before its end.', true, AGAIN);
const CERTIFICATE = of(
  'certificate',
  'The database shows a certificate that is not to be trusted, or speaks no TLS.',
  false,
  'Look at ssl_ca of the database URL, and at the server.',
);
const NAME = of(
  'unknown-host',
  'The host of the database has no address.',
  true,
  'Look at the database URL and at DNS.',
);
const BUSY = of('busy', 'Too much waits for the database.', true, AGAIN);
const IO = of('io-error', 'The disk of the database cannot be read or written.', true, 'See the log of the kernel.');
const MEMORY = of('memory', 'There is no memory left for the database.', true, 'Look what uses it.');
const CANNOT_OPEN = of(
  'cannot-open',
  'The file of the database cannot be opened.',
  true,
  'Its directory must be there, and be writable for the user of Rewind.',
);
const UNWRITABLE = of(
  'read-only',
  'The file of the database can only be read.',
  false,
  'It and its directory must be writable for the user of Rewind.',
);

/** By the server's error numbers (mariadb.com/kb/en/mariadb-error-codes). */
const OF_SERVER: readonly (readonly [DatabaseTrouble, readonly number[]])[] = [
  [CONFLICT, [1213, 1020]],
  [LOCK_WAIT, [1205]],
  [CONNECTIONS, [1040, 1203, 1226]],
  [READ_ONLY, [1207, 1290, 1792, 1836]],
  // 1030 is "Got error 28 from storage engine" and others: see below
  [FULL, [1021, 1114]],
  [DENIED, [1044, 1045, 1129, 1130, 1142, 1143, 1227, 1370, 1698, 1862]],
  [SCHEMA, [1049, 1051, 1146]],
  [QUORUM, [1047]],
  [PACKET, [1153, 1301]],
  [DAMAGED, [1033, 1034, 1194, 1195, 1712, 1877]],
  [INTERRUPTED, [1317, 1927, 1969, 3024]],
  [MEMORY, [1037, 1038, 1041]],
];
/** By SQLite's primary result codes. */
const OF_SQLITE: Readonly<Record<number, DatabaseTrouble>> = {
  3: DENIED,
  5: BUSY,
  6: BUSY,
  7: MEMORY,
  8: UNWRITABLE,
  9: INTERRUPTED,
  10: IO,
  11: DAMAGED,
  13: of('full', 'The disk of the database is full.', true, 'Free room there.'),
  14: CANNOT_OPEN,
  15: BUSY,
  23: DENIED,
  26: DAMAGED,
};
const TLS = /^(HANDSHAKE_|CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER))/;

/** What it means; the plain `database.unavailable` when no cause of those is known. */
export function databaseTrouble(error: unknown): DatabaseTrouble {
  const { errno, code, message } = (error ?? {}) as { errno?: unknown; code?: unknown; message?: unknown };
  const said = typeof message === 'string' ? message : '';
  const sqlite = sqliteCode(error);
  if (sqlite !== undefined) return isWithoutTable(error) ? SCHEMA : (OF_SQLITE[sqlite] ?? AWAY);
  const known = OF_SERVER.find(([, numbers]) => typeof errno === 'number' && numbers.includes(errno))?.[0];
  if (known) return known;
  // A storage engine's own numbers are those of the system: 28 ENOSPC, 122 EDQUOT, 30 EROFS, 5 EIO
  const engine = /(?:got error|errno:?) \(?(\d+)/i.exec(said)?.[1];
  if (engine !== undefined) return { 28: FULL, 122: FULL, 30: READ_ONLY, 5: IO }[Number(engine)] ?? AWAY;
  if (typeof code === 'string' && TLS.test(code)) return CERTIFICATE;
  // The file itself, before SQLite sees it
  if (typeof code === 'string' && /^(ENOENT|ENOTDIR|EACCES|EPERM|EROFS|EISDIR)$/.test(code)) return CANNOT_OPEN;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return NAME;
  if (/queue limit reached|no connections available/i.test(said)) return BUSY;
  return AWAY;
}

/** SQLite has one code for it and for what is wrong in a statement. */
export const isWithoutTable = (error: unknown): boolean =>
  sqliteCode(error) === 1 && /no such table/i.test(String((error as { message?: unknown }).message));
