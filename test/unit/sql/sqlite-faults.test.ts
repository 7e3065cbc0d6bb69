import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { migrate } from '../../../src/adapters/sql/database/migrate.ts';
import { type Database, openDatabase, pingDatabase } from '../../../src/adapters/sql/database/open-database.ts';
import { sqlOperations } from '../../../src/adapters/sql/operations/sql-operations.ts';
import { anOperation } from '../../contract/sql/examples.ts';

const clock = { now: () => Date.now(), monotonic: () => 0, sleep: async () => {} };
const unavailable = { code: 'vm-backup.database.unavailable', fault: 'errored', retry: true, status: 503 };

let directory: string;
let file: string;
let db: Database;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'rewind-sqlite-'));
  file = join(directory, 'rewind.db');
  db = openDatabase(`sqlite:${file}`);
});
afterEach(async () => {
  await db.destroy();
  rmSync(directory, { recursive: true });
});

/** Another process that opens the file, writes inside a transaction, and stays there. */
async function otherWriter(): Promise<{ kill: () => Promise<void> }> {
  const script = `const { DatabaseSync } = require('node:sqlite');
    const db = new DatabaseSync(process.argv[1]);
    db.exec("begin immediate; delete from operations");
    console.log('locked');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['-e', script, file], { env: {}, stdio: ['ignore', 'pipe', 'ignore'] });
  await once(child.stdout, 'data');
  return {
    kill: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

describe('a SQLite file', () => {
  it('is readable to nobody else, and syncs every commit', async () => {
    await migrate(db);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(`${file}-wal`).mode & 0o777).toBe(0o600);
  });

  it('makes a writer wait for another process, with the event loop free, and forgets what a killed one wrote', async () => {
    await migrate(db);
    const operations = sqlOperations(db, clock);
    const [first, second] = [anOperation(), anOperation()];
    await operations.record({ operation: first, holds: [] });
    const other = await otherWriter();
    let ticks = 0;
    const timer = setInterval(() => ticks++, 10);
    const recording = operations.record({ operation: second, holds: [] });
    const reader = openDatabase(`sqlite:${file}`);
    expect(await sqlOperations(reader, clock).operation(first.id, null)).toEqual(first);
    await reader.destroy();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(ticks).toBeGreaterThan(10);
    clearInterval(timer);
    await other.kill();
    await recording;
    expect(await operations.operation(first.id, null)).toEqual(first);
    expect(await operations.operation(second.id, null)).toEqual(second);
  });

  it('that is no database is trouble of the database, not of ours', async () => {
    writeFileSync(file, 'x'.repeat(10_000));
    const damaged = { ...unavailable, code: 'vm-backup.database.unavailable.damaged', retry: false };
    await expect(pingDatabase(db)).rejects.toMatchObject(damaged);
    await expect(migrate(db)).rejects.toMatchObject(damaged);
  });

  it('in a directory that is not there is, too, until the directory is there', async () => {
    const lost = openDatabase(`sqlite:${join(directory, 'none', 'x.db')}`);
    const closed = { ...unavailable, code: 'vm-backup.database.unavailable.cannot-open' };
    await expect(pingDatabase(lost)).rejects.toMatchObject(closed);
    await lost.destroy().catch(() => {});
  });

  it('keeps nothing of a transaction that failed in the middle', async () => {
    await migrate(db);
    const operations = sqlOperations(db, clock);
    const operation = anOperation();
    const backup = { id: 'only this' } as never;
    await expect(operations.record({ operation, backup, holds: [] })).rejects.toMatchObject({
      code: 'vm-backup.internal.database',
      fault: 'bug',
    });
    expect(await operations.operation(operation.id, null)).toBeUndefined();
    expect(new DatabaseSync(file).prepare('select count(*) as n from operations').get()).toMatchObject({ n: 0 });
  });
});
