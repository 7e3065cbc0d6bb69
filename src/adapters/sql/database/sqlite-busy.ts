import { setTimeout as sleep } from 'node:timers/promises';
import { sqliteCode } from './sqlite-errors.ts';

/** How long a statement waits for another process that holds the write lock. */
const BUSY_LIMIT_MS = 10_000;
const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 50;

const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;

/**
 * Repeats a statement that found the file locked. A busy statement has changed nothing, so repeating it is safe.
 * SQLite's own busy handler would sleep inside the event loop, and with it every lease and lock of this process.
 */
export async function whileBusy<T>(run: () => T): Promise<T> {
  const giveUpAt = performance.now() + BUSY_LIMIT_MS;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      return run();
    } catch (error) {
      const code = sqliteCode(error);
      if ((code !== SQLITE_BUSY && code !== SQLITE_LOCKED) || performance.now() >= giveUpAt) throw error;
    }
    await sleep(pause);
  }
}
