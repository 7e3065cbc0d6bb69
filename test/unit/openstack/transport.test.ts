import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import nock from 'nock';
import { createHttp, type HttpRequest } from '../../../src/adapters/openstack/calls/http-client.ts';
import { sendPatiently } from '../../../src/adapters/openstack/calls/retry-call.ts';
import { baseConfig, TestClock, testLog } from './world.ts';

// Against a real server: nock's delays and breaks are not those of a socket.

let server: Server | undefined;
let seen = 0;

beforeEach(() => {
  seen = 0;
  nock.restore();
});
afterEach(async () => {
  nock.activate();
  server?.closeAllConnections();
  await new Promise((done) => (server === undefined ? done(undefined) : server.close(done)));
  server = undefined;
});

async function serve(listener: RequestListener): Promise<string> {
  const listening = createServer((request, response) => {
    seen++;
    listener(request, response);
  });
  server = listening;
  await new Promise<void>((done) => listening.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}/x`;
}

const request = (url: string, method: HttpRequest['method'] = 'GET'): HttpRequest => ({
  service: 'compute',
  method,
  url,
  headers: { 'X-Auth-Token': 'canary-token' },
  ...(method === 'POST' ? { body: { a: 1 } } : {}),
});

function transport(timeoutMs = 5_000) {
  const clock = new TestClock();
  const log = testLog();
  const http = createHttp({ ...baseConfig, timeoutMs }, clock, log);
  return { clock, log, send: (asked: HttpRequest) => sendPatiently(http, clock, asked) };
}

const unavailable = { code: 'vm-backup.openstack.unavailable', retry: true, fault: 'errored', status: 503 };

describe('time-outs', () => {
  test('no answer at all', async () => {
    const url = await serve(() => {});
    const { send, log } = transport(150);
    await expect(send(request(url))).rejects.toMatchObject(unavailable);
    expect(seen).toBe(1);
    expect(log.lines.join()).toContain('ETIMEDOUT');
    expect(log.lines.join()).not.toContain('canary');
  });

  test('an answer that drips for ever', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(drip));
    });
    await expect(transport(200).send(request(url))).rejects.toMatchObject(unavailable);
    expect(seen).toBe(1);
  });
});

describe('broken connections', () => {
  test('a read is repeated', async () => {
    const url = await serve((incoming, response) => {
      if (seen < 3) incoming.socket.destroy();
      else response.end('{"ok":true}');
    });
    const { send, clock } = transport();
    expect((await send(request(url))).json).toEqual({ ok: true });
    expect(clock.slept).toHaveLength(2);
  });

  test('a change is not', async () => {
    const url = await serve((incoming) => incoming.socket.destroy());
    await expect(transport().send(request(url, 'POST'))).rejects.toMatchObject(unavailable);
    expect(seen).toBe(1);
  });

  test('an answer cut in its middle is no answer', async () => {
    const url = await serve((incoming, response) => {
      response.writeHead(200, { 'Content-Length': '100' });
      response.write('{"server":');
      setTimeout(() => incoming.socket.destroy(), 20);
    });
    await expect(transport().send(request(url, 'POST'))).rejects.toMatchObject(unavailable);
  });

  test('a refused connection: also a change is tried again, with growing pauses, and not for ever', async () => {
    const url = await serve(() => {});
    await new Promise((done) => server?.close(done));
    server = undefined;
    const { send, clock } = transport();
    await expect(send(request(url, 'POST'))).rejects.toMatchObject(unavailable);
    expect(clock.slept).toHaveLength(3);
    expect(clock.slept[2]!).toBeGreaterThan(clock.slept[0]!);
  });
});

describe('busy services', () => {
  const busyOnce = (status: number, headers: Record<string, string>) =>
    serve((_, response) => {
      if (seen === 1) response.writeHead(status, headers).end();
      else response.end('{}');
    });

  test('503 with Retry-After is waited for', async () => {
    const { send, clock } = transport();
    const url = await busyOnce(503, { 'Retry-After': '7' });
    expect((await send(request(url))).status).toBe(200);
    expect(clock.slept).toEqual([7_000]);
  });

  test.each(['3600', '-1', 'Wed, 21 Oct 2037 07:28:00 GMT'])('but not Retry-After: %s', async (retryAfter) => {
    const { send, clock } = transport();
    const url = await busyOnce(503, { 'Retry-After': retryAfter });
    expect((await send(request(url))).status).toBe(503);
    expect(clock.slept).toEqual([]);
  });

  test('503 to a change stands: it may have been done', async () => {
    const url = await busyOnce(503, { 'Retry-After': '1' });
    expect((await transport().send(request(url, 'POST'))).status).toBe(503);
  });

  test('429 to a change does not: it was not', async () => {
    const url = await busyOnce(429, { 'Retry-After': '1' });
    expect((await transport().send(request(url, 'POST'))).status).toBe(200);
  });

  test('500 stands', async () => {
    const url = await busyOnce(500, {});
    expect((await transport().send(request(url))).status).toBe(500);
  });
});

test('an answer beyond 32 MiB is not taken', async () => {
  const mebibyte = Buffer.alloc(1024 * 1024, 'x');
  const url = await serve((_, response) => {
    for (let sent = 0; sent < 40; sent++) response.write(mebibyte);
    response.end();
  });
  await expect(transport().send(request(url, 'POST'))).rejects.toMatchObject(unavailable);
});

test('proxies of the environment are not used', async () => {
  const url = await serve((incoming, response) => response.end(JSON.stringify({ asked: incoming.url })));
  const { http_proxy, no_proxy } = process.env;
  // The same server, but a proxy is asked for whole URLs.
  Object.assign(process.env, { http_proxy: url, no_proxy: '' });
  try {
    expect((await transport().send(request(url))).json).toEqual({ asked: '/x' });
  } finally {
    Object.assign(process.env, { http_proxy: http_proxy ?? '', no_proxy: no_proxy ?? '' });
  }
});
