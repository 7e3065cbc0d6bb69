import { type ChildProcess, fork } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { get } from 'node:http';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Door, keepDoor, READY } from '../../../src/gateway/keep-door.ts';
import { silentLog } from '../../world/silent-log.ts';

const CHILD = fileURLToPath(new URL('../../world/door-child.ts', import.meta.url));

describe('the door of the gateway', () => {
  let door: Door;
  let children: ChildProcess[];

  beforeEach(async () => {
    children = [];
    const startChild = () => {
      const child = fork(CHILD, { execArgv: [], env: { PATH: process.env.PATH } });
      children.push(child);
      return child;
    };
    door = await keepDoor({ at: { host: '127.0.0.1', port: 0 }, startChild, log: silentLog });
  });
  afterEach(() => door.close());

  const ask = (path = '/'): Promise<string> =>
    new Promise((resolve, reject) => {
      const asked = get({ port: door.port, path, agent: false }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk) => {
          text += chunk;
        });
        answer.on('end', () => resolve(text));
      });
      asked.on('error', reject);
    });

  test('lets clients in who came before its child was there', async () => {
    expect(await Promise.all([ask(), ask(), ask()])).toEqual(Array(3).fill(String(children[0]!.pid)));
  });

  test('refuses nobody while its child is dead: whoever comes is served by the next one', async () => {
    await ask();
    const [first] = children;
    // What a dead child had begun is cut, not answered: then librbd asks again.
    const begun = ask('/slow');
    setTimeout(() => first!.kill('SIGKILL'), 100);
    await expect(begun).rejects.toThrow(/hang up|ECONNRESET/);
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask()));
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toBe(String(children.at(-1)!.pid));
    expect(answers[0]).not.toBe(String(first!.pid));
  }, 15_000);

  test('leaves nobody hanging whose connection was on its way to a child that died', async () => {
    await ask();
    // It takes nothing any more, but is there.
    children[0]!.kill('SIGSTOP');
    const begun = Array.from({ length: 10 }, () => ask());
    await new Promise((resolve) => setTimeout(resolve, 200));
    children[0]!.kill('SIGKILL');
    const ends = await Promise.allSettled(begun);
    expect(ends.filter((one) => one.status === 'rejected')).toHaveLength(10);
    expect(await ask()).toBe(String(children.at(-1)!.pid));
  }, 15_000);

  test('hands nobody to a child whose word is read after its end', async () => {
    await door.close();
    const handed: unknown[] = [];
    const dead = Object.assign(new EventEmitter(), { connected: true, send: (...all: unknown[]) => handed.push(all) });
    const startChild = () => {
      children.push(children.length === 1 ? (dead as unknown as ChildProcess) : fork(CHILD, { execArgv: [] }));
      return children.at(-1)!;
    };
    door = await keepDoor({ at: { host: '127.0.0.1', port: 0 }, startChild, log: silentLog });
    const asked = ask();
    await new Promise((resolve) => setTimeout(resolve, 200));
    dead.emit('exit', null, 'SIGKILL');
    dead.emit('message', READY);
    expect(await asked).toBe(String(children.at(-1)!.pid));
    expect(handed).toEqual([]);
  }, 15_000);

  test('renews its child when it is asked to', async () => {
    const before = await ask();
    door.renew();
    await new Promise((resolve) => children[0]!.once('exit', resolve));
    expect(await ask()).not.toBe(before);
  }, 15_000);

  test('lets nobody in when it is closed', async () => {
    await ask();
    await door.close();
    const refused = new Promise((resolve, reject) => {
      connect(door.port, '127.0.0.1', () => resolve('open')).on('error', reject);
    });
    await expect(refused).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(children[0]!.exitCode ?? children[0]!.signalCode).not.toBeNull();
  });
});
