import { randomBytes } from 'node:crypto';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { targetsOf } from '../../../src/adapters/target/targets.ts';
import { readerCaches } from '../../../src/archive/serving/disk-reader.ts';
import { diskPath, newToken } from '../../../src/domain/targets/served-disk.ts';
import { answering } from '../../../src/gateway/answer.ts';
import { OpenDisks } from '../../../src/gateway/open-disks.ts';
import { type SocketServer, serveSockets } from '../../../src/gateway/serve-sockets.ts';
import { ServedDisksInMemory, servedBackup } from '../../world/served-backup.ts';
import { silentLog } from '../../world/silent-log.ts';
import { fixedRing } from '../archive/support/key-rings.ts';
import { MemoryTarget } from '../archive/support/memory-target.ts';
import { data } from '../archive/support/streams.ts';

const TIMES = { headMs: 400, idleMs: 900, sendMs: 900 };
const MOST_STRANGERS = 64;
const MOST_MISSES = 30;

describe('who reaches the port of the gateway and has no address of a disk', () => {
  let target: MemoryTarget;
  let disks: ServedDisksInMemory;
  let door: Server;
  let gateway: SocketServer;
  let sockets: Socket[];
  let looks: number;

  beforeEach(async () => {
    target = new MemoryTarget();
    disks = new ServedDisksInMemory();
    looks = 0;
    const counted = {
      ...disks,
      open: disks.open.bind(disks),
      close: disks.close.bind(disks),
      find: async (hash: string) => {
        looks += 1;
        return disks.find(hash);
      },
    };
    const targets = targetsOf([target], target.name);
    const open = new OpenDisks({
      disks: counted,
      targets,
      keys: fixedRing(),
      caches: readerCaches(),
      clock: systemClock,
    });
    const deps = { disks: open, clock: systemClock, log: silentLog };
    gateway = serveSockets(answering(deps), { tls: null, log: silentLog, times: TIMES });
    door = createServer({ pauseOnConnect: true }, (socket) => gateway.take(socket));
    await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
    sockets = [];
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    door.close();
    await gateway.close(0);
  });

  /** A connection, and when it was closed, in milliseconds from now; undefined: not within `limitMs`. */
  const stranger = (says = '') => {
    const socket = connect((door.address() as AddressInfo).port, '127.0.0.1', () => socket.write(says));
    sockets.push(socket);
    const began = performance.now();
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', () => undefined);
    const closed = new Promise<number>((resolve) => socket.once('close', () => resolve(performance.now() - began)));
    const within = (limitMs: number) =>
      Promise.race([closed, new Promise<undefined>((late) => setTimeout(() => late(undefined), limitMs).unref())]);
    const answered = async () => {
      for (let look = 0; look < 200 && text === '' && !socket.destroyed; look += 1) await systemClock.sleep(10);
      return Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0);
    };
    return { socket, within, answered };
  };
  const head = (token: string) => `HEAD ${diskPath(token)} HTTP/1.1\r\nhost: x\r\n\r\n`;
  const served = async () => (await servedBackup(target, disks, 2 ** 20, [data(0, randomBytes(1000))])).token;

  test('is closed when he says nothing', async () => {
    expect(await stranger().within(3_000)).toBeDefined();
  });

  test('is closed when he says it slowly', async () => {
    const slow = stranger('GET / HTTP/1.1\r\nx: ');
    const drip = setInterval(() => slow.socket.write('T'), 50);
    expect(await slow.within(3_000)).toBeDefined();
    clearInterval(drip);
  });

  test('takes no place from those who have one', async () => {
    const token = await served();
    const known = stranger(head(token));
    expect(await known.answered()).toBe(200);
    const many = Array.from({ length: MOST_STRANGERS }, () => stranger());
    await systemClock.sleep(100);
    expect(await stranger().within(200)).toBeDefined();
    // A connection that was given something stays, and is served.
    expect(await known.within(10)).toBeUndefined();
    for (const one of many) expect(await one.within(3_000)).toBeDefined();
    expect(await stranger(head(token)).answered()).toBe(200);
  });

  test('asks the database for so many guesses and no more, and holds up nobody who knows', async () => {
    const token = await served();
    expect(await stranger(head(token)).answered()).toBe(200);
    const before = looks;
    for (let n = 0; n < MOST_MISSES; n += 1) expect(await stranger(head(newToken())).answered()).toBe(403);
    for (let n = 0; n < 20; n += 1) expect(await stranger(head(newToken())).within(1_000)).toBeDefined();
    expect(looks - before).toBeLessThanOrEqual(MOST_MISSES + 1);
    expect(await stranger(head(token)).answered()).toBe(200);
  });

  test('does not hold up the end of the gateway', async () => {
    const silent = stranger();
    await systemClock.sleep(50);
    const began = performance.now();
    await gateway.close(20);
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(await silent.within(200)).toBeDefined();
  });

  test('who is known and then says nothing is closed later', async () => {
    const known = stranger(head(await served()));
    expect(await known.answered()).toBe(200);
    expect(await known.within(TIMES.headMs)).toBeUndefined();
    expect(await known.within(3_000)).toBeDefined();
  });
});
