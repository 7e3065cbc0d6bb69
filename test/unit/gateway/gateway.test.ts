import { randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { targetsOf } from '../../../src/adapters/target/targets.ts';
import { readerCaches } from '../../../src/archive/serving/disk-reader.ts';
import { RewindError } from '../../../src/domain/errors.ts';
import { diskPath, newToken } from '../../../src/domain/targets/served-disk.ts';
import { answering } from '../../../src/gateway/answer.ts';
import { OpenDisks } from '../../../src/gateway/open-disks.ts';
import { type SocketServer, serveSockets } from '../../../src/gateway/serve-sockets.ts';
import { readQcow2 } from '../../world/qcow2-file.ts';
import { ServedDisksInMemory, servedBackup } from '../../world/served-backup.ts';
import { silentLog } from '../../world/silent-log.ts';
import { fixedRing } from '../archive/support/key-rings.ts';
import { MemoryTarget } from '../archive/support/memory-target.ts';
import { data } from '../archive/support/streams.ts';

const MIB = 2 ** 20;

interface Got {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

describe('the gateway', () => {
  let target: MemoryTarget;
  let disks: ServedDisksInMemory;
  let door: Server;
  let gateway: SocketServer;
  let agent: Agent;

  beforeEach(async () => {
    target = new MemoryTarget();
    disks = new ServedDisksInMemory();
    const targets = targetsOf([target], target.name);
    const open = new OpenDisks({ disks, targets, keys: fixedRing(), caches: readerCaches(), clock: systemClock });
    gateway = serveSockets(answering({ disks: open, clock: systemClock, log: silentLog }), {
      tls: null,
      log: silentLog,
    });
    door = createServer({ pauseOnConnect: true }, (socket) => gateway.take(socket));
    await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
    agent = new Agent({ keepAlive: true, maxSockets: 2 });
  });
  afterEach(async () => {
    agent.destroy();
    door.close();
    await gateway.close(0);
  });

  const port = () => (door.address() as AddressInfo).port;
  const ask = (path: string, range?: string, method = 'GET', timeoutMs?: number): Promise<Got> =>
    new Promise((resolve, reject) => {
      const headers = range === undefined ? {} : { range };
      const asked = request({ port: port(), path, method, headers, agent }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }),
        );
      });
      asked.on('error', reject);
      if (timeoutMs) setTimeout(() => asked.destroy(new Error('no answer')), timeoutMs).unref();
      asked.end();
    });

  test('serves a disk by ranges, over connections that are kept', async () => {
    const { token, content } = await servedBackup(target, disks, 3 * MIB, [data(70_000, randomBytes(MIB))]);
    const { status, headers } = await ask(diskPath(token), undefined, 'HEAD');
    expect(status).toBe(200);
    const bytes = Number(headers['content-length']);
    const read = async (offset: number, length: number) => {
      const got = await ask(diskPath(token), `bytes=${offset}-${offset + length - 1}`);
      expect(got.status).toBe(206);
      expect(got.headers['content-range']).toBe(`bytes ${offset}-${offset + length - 1}/${bytes}`);
      return got.body;
    };
    const file = await readQcow2(read);
    expect(file.disk.equals(content)).toBe(true);
    expect((await ask(diskPath(token), `bytes=${bytes - 10}-${bytes + 10}`)).body).toHaveLength(10);
  });

  test('says the same of everything that it does not serve, and never 404', async () => {
    const { token } = await servedBackup(target, disks, 16 * MIB, [data(0, 'x')]);
    const paths = ['/', '/disks', '/disks/', '/disks/../etc/passwd', diskPath(newToken()), `${diskPath(token)}/`];
    const refusals = await Promise.all(
      [...paths, `${diskPath(token)}?a=b`, `/x${diskPath(token)}`, diskPath(token).slice(0, -1)].map((path) =>
        ask(path),
      ),
    );
    const answers = refusals.map(({ status, body, headers: { date, ...headers } }) =>
      JSON.stringify([status, body, headers]),
    );
    expect(new Set(answers).size).toBe(1);
    expect(refusals[0]!.status).toBe(403);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS'])
      expect((await ask(diskPath(token), undefined, method)).status).toBe(405);
    for (const range of [
      undefined,
      'bytes=0-',
      'bytes=-5',
      'bytes=5-4',
      'bytes=0-1,4-5',
      'items=0-1',
      `bytes=0-${8 * MIB}`,
      'bytes=99999999-99999999',
    ])
      expect((await ask(diskPath(token), range)).status).toBe(416);
  });

  test('does not know an address any more a little after it was closed', async () => {
    const { token, served } = await servedBackup(target, disks, MIB, [data(0, 'x')]);
    expect((await ask(diskPath(token), 'bytes=0-7')).status).toBe(206);
    await disks.close(served.operation_id, served.disk_id);
    const began = Date.now();
    while ((await ask(diskPath(token), 'bytes=0-7')).status === 206) {
      expect(Date.now() - began).toBeLessThan(7_000);
      await systemClock.sleep(100);
    }
    expect((await ask(diskPath(token), 'bytes=0-7')).status).toBe(403);
  }, 15_000);

  test('lets its client wait while the target or the database does not answer', async () => {
    const { token } = await servedBackup(target, disks, MIB, [data(0, randomBytes(1_000))]);
    const { read, size } = target;
    const gone = async () => {
      throw new RewindError('target.not-found', 'unmounted', { fault: 'errored' });
    };
    Object.assign(target, { read: gone, size: async () => undefined });
    const find = disks.find.bind(disks);
    Object.assign(disks, { find: gone });
    const asked = ask(diskPath(token), 'bytes=0-7');
    await expect(ask(diskPath(token), 'bytes=0-7', 'GET', 300)).rejects.toThrow('no answer');
    Object.assign(disks, { find });
    await systemClock.sleep(500);
    Object.assign(target, { read, size });
    expect((await asked).status).toBe(206);
  }, 20_000);

  test('gives no damaged byte out', async () => {
    const { token, object } = await servedBackup(target, disks, MIB, [data(0, randomBytes(300_000))]);
    const { headers } = await ask(diskPath(token), undefined, 'HEAD');
    const dataAt = Number(headers['content-length']) - MIB;
    const bytes = target.objects.get(object)!;
    bytes[200_000] = bytes[200_000]! ^ 4;
    const got = await ask(diskPath(token), `bytes=${dataAt}-${dataAt + 65_535}`);
    expect([got.status, got.body.length]).toEqual([500, 0]);
    bytes[200_000] = bytes[200_000]! ^ 4;
    expect((await ask(diskPath(token), `bytes=${dataAt}-${dataAt + 65_535}`)).status).toBe(206);
  });

  test('answers what is no HTTP by closing', async () => {
    const got = await new Promise<string>((resolve, reject) => {
      let text = '';
      const socket = connect(port(), '127.0.0.1', () => socket.write('GET nonsense\r\n\r\n'));
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1');
      });
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
    });
    expect(got).toBe('');
  });
});
