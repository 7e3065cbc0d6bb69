import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { migrate } from '../../src/adapters/sql/database/migrate.ts';
import { type Database, openDatabase } from '../../src/adapters/sql/database/open-database.ts';
import { sqlHostRequests } from '../../src/adapters/sql/operations/sql-host-requests.ts';
import { sqlJournal } from '../../src/adapters/sql/operations/sql-journal.ts';
import { sqlOperations } from '../../src/adapters/sql/operations/sql-operations.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { askHost } from '../../src/delivery/ask-host.ts';
import { hostKeyOf } from '../../src/domain/operations/host-seal.ts';
import { mariadbUrl } from './sql/databases.ts';
import { anOperation } from './sql/examples.ts';

const PROGRAM = join(import.meta.dirname, '../../bin/rewind');
const HOST = 'compute-1';
const SECRET = new Uint8Array(32).fill(3);
/** As decision 0003 and the README tell them. */
const GRANTS: Record<string, string[]> = {
  agent: [
    'select (id, status, fence) on operations',
    'select, update (status, result, failure, answer_seal, updated_at) on host_requests',
  ],
  gateway: ['select (id, status) on operations', 'select on served_disks'],
};

/** Users are made by nobody but root, by the socket of the server: the lab's, or one of the tests' own. */
const asRoot = (statement: string): void => {
  const lab = join(process.env.LAB_ROOT ?? '/srv/rewind-lab', 'data/mysql/mysqld.sock');
  const socket = process.env.REWIND_TEST_MARIADB_SOCKET ?? lab;
  execFileSync('mysql', [`--socket=${socket}`, '-uroot', '-e', statement]);
};

const described = mariadbUrl() === undefined ? describe.skip : describe;

described('a role with the rights in the database that it is said to need', () => {
  let ends: (() => Promise<unknown> | unknown)[] = [];
  const children: ChildProcess[] = [];
  let owner: Database;
  let url: URL;
  let folder: string;

  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    for (const end of ends.toReversed()) await end();
    ends = [];
  });

  /** A database of its own, and a user of it for the role, with these rights and no other. */
  async function database(role: string): Promise<void> {
    folder = mkdtempSync(join(tmpdir(), 'rewind-roles-'));
    ends.push(() => rmSync(folder, { recursive: true }));
    const root = openDatabase(mariadbUrl() as string);
    const [name, user] = [`rewind_test_${randomUUID().replaceAll('-', '')}`, `r${randomUUID().slice(0, 13)}`];
    await sql`create database ${sql.raw(name)}`.execute(root);
    ends.push(async () => {
      await sql`drop database ${sql.raw(name)}`.execute(root);
      asRoot(`drop user if exists '${user}'@'%'`);
      await root.destroy();
    });
    url = new URL(mariadbUrl() as string);
    url.pathname = `/${name}`;
    owner = openDatabase(url.href);
    ends.push(() => owner.destroy());
    await migrate(owner);
    asRoot(`create user '${user}'@'%' identified by 'secret'`);
    for (const grant of GRANTS[role] ?? []) asRoot(`grant ${grant.replace(' on ', ` on ${name}.`)} to '${user}'@'%'`);
    url.username = user;
    url.password = 'secret';
  }

  /** The program with nothing in its environment but this. */
  function start(role: string, env: Record<string, string>): Promise<string> {
    const child = spawn(PROGRAM, [role], {
      env: { PATH: process.env.PATH ?? '', HOME: folder, REWIND_DATABASE_URL: url.href, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    return new Promise((resolve, reject) => {
      let said = '';
      const hear = (chunk: Buffer) => {
        said += chunk;
        if (/serves its host|the gateway listens/.test(said)) resolve(said);
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      child.once('exit', (code) => reject(new Error(`${role} ended with ${code}: ${said}`)));
    });
  }

  it('the agent starts and answers, without a word of the cloud or of Redis', async () => {
    await database('agent');
    const keyFile = join(folder, 'key');
    writeFileSync(keyFile, Buffer.from(hostKeyOf(SECRET, HOST)).toString('hex'));
    await start('agent', {
      ...{ REWIND_AGENT_HOST: HOST, REWIND_AGENT_KEY_FILE: keyFile, REWIND_AGENT_HELD_FOLDER: join(folder, 'held') },
      ...{ REWIND_AGENT_MEMORY_STORE: 'stream', REWIND_AGENT_MEMORY_FOLDER: join(folder, 'memory') },
    });
    const operation = anOperation();
    await sqlOperations(owner, systemClock).record({ operation, holds: [] });
    const journal = sqlJournal(owner, systemClock);
    const fence = (await journal.claim((await journal.openOperations())[0]!, 'w'))!;
    const requests = sqlHostRequests(owner, systemClock);
    const ids = { uuid: randomUUID };
    const asked = (secret: Uint8Array) =>
      askHost({ requests, keyOf: (host) => hostKeyOf(secret, host), clock: systemClock, ids }).takeInstant(
        {
          ...{ operationId: operation.id, fence, host: HOST },
          request: { serverId: randomUUID(), images: [], snap: 'not-ours', wanted: 'crash' },
        },
        new AbortController().signal,
      );
    // It is ours to ask, and what is asked is not what an agent does.
    await expect(asked(SECRET)).rejects.toMatchObject({ code: 'vm-backup.host.foreign-disk' });
    await expect(asked(new Uint8Array(32))).rejects.toMatchObject({ code: 'vm-backup.host.unsigned-answer' });
    const rows = await owner.selectFrom('host_requests').select('failure').execute();
    expect(rows.map((row) => JSON.parse(row.failure ?? '{}').code).toSorted()).toEqual([
      'vm-backup.host.foreign-disk',
      'vm-backup.host.unsigned-request',
    ]);
  }, 60_000);

  it('the gateway starts and refuses strangers, without a key or a word of the cloud', async () => {
    await database('gateway');
    const port = 18_000 + Math.floor(Math.random() * 700);
    await start('gateway', { REWIND_GATEWAY_PORT: String(port) });
    const ask = () => fetch(`http://127.0.0.1:${port}/disks/2/${'A'.repeat(43)}`).catch(() => undefined);
    let answer = await ask();
    for (let look = 0; look < 100 && answer === undefined; look += 1) {
      await systemClock.sleep(100);
      answer = await ask();
    }
    expect(answer?.status).toBe(403);
  }, 60_000);
});
