/** SQLite's primary result code (https://www.sqlite.org/rescode.html); undefined when it is not SQLite's error. */
export function sqliteCode(error: unknown): number | undefined {
  const extended = extendedCode(error);
  return extended === undefined ? undefined : extended & 0xff;
}

/** SQLITE_CONSTRAINT_PRIMARYKEY or SQLITE_CONSTRAINT_UNIQUE */
export function isSqliteUniqueViolation(error: unknown): boolean {
  const code = extendedCode(error);
  return code === 1555 || code === 2067;
}

function extendedCode(error: unknown): number | undefined {
  const code = typeof error === 'object' && error !== null && 'errcode' in error ? error.errcode : undefined;
  return typeof code === 'number' ? code : undefined;
}
