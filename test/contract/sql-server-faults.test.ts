import type { AddressInfo } from 'node:net';
import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Kysely, MysqlDialect } from 'kysely';
import { mariadbPool } from '../../src/adapters/sql/database/mariadb-pool.ts';
import { type Database, pingDatabase } from '../../src/adapters/sql/database/open-database.ts';
import type { Tables } from '../../src/adapters/sql/database/tables.ts';
import { mariadbUrl } from './sql/databases.ts';

const unavailable = { code: 'vm-backup.database.unavailable', retry: true, status: 503 };
const ANSWER_LIMIT_MS = 400;

/** A door between us and the server that can be shut (connections cut) or stuck (bytes held back). */
class Door {
  stuck = false;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  readonly #to: URL;

  constructor(to: URL) {
    this.#to = to;
  }

  async open(port = 0): Promise<number> {
    this.#server = createServer((near) => {
      const far = dial(Number(this.#to.port || 3306), this.#to.hostname);
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from);
        from.on('data', (bytes) => this.stuck || to.write(bytes));
        from.on('error', () => to.destroy());
        from.on('close', () => to.destroy());
      }
    });
    await new Promise<void>((resolve) => this.#server?.listen(port, '127.0.0.1', resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  async shut(): Promise<void> {
    const closed = new Promise((resolve) => this.#server?.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

const url = mariadbUrl();
(url === undefined ? describe.skip : describe)('a database server that', () => {
  let door: Door;
  let port: number;
  let db: Database;

  beforeAll(async () => {
    const real = new URL(url as string);
    door = new Door(real);
    port = await door.open();
    const through = new URL(real.href);
    through.hostname = '127.0.0.1';
    through.port = String(port);
    const pool = async () => mariadbPool(through, ANSWER_LIMIT_MS);
    db = new Kysely<Tables>({ dialect: new MysqlDialect({ pool }) });
  });
  afterAll(async () => {
    await db.destroy();
    await door.shut();
  });

  it('cuts the connections is unavailable, and usable again when it is back', async () => {
    await pingDatabase(db);
    await door.shut();
    for (let i = 0; i < 3; i++) await expect(pingDatabase(db)).rejects.toMatchObject(unavailable);
    await door.open(port);
    await pingDatabase(db);
  });

  it('is cut off in the middle of a transaction loses the transaction, not the pool', async () => {
    const transaction = db.transaction().execute(async (tx) => {
      await pingDatabase(tx as unknown as Database);
      await door.shut();
      await pingDatabase(tx as unknown as Database);
    });
    await expect(transaction).rejects.toBeDefined();
    await door.open(port);
    for (let i = 0; i < 20; i++) await pingDatabase(db);
  });

  it('does not answer is given up after the limit, again and again, and no late answer is believed', async () => {
    await pingDatabase(db);
    door.stuck = true;
    const began = performance.now();
    await expect(pingDatabase(db)).rejects.toMatchObject(unavailable);
    expect(performance.now() - began).toBeLessThan(ANSWER_LIMIT_MS * 3);
    door.stuck = false;
    await pingDatabase(db);
  });
});
