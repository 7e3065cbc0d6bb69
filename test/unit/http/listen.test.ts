import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Listening, listen } from '../../../src/http/listen.ts';
import { apiWorld } from '../../world/api/api-world.ts';

let listening: Listening;
const { app } = apiWorld();
beforeAll(async () => {
  listening = await listen(app, { host: '127.0.0.1', port: 0 });
});
afterAll(() => listening.close(0));

/** Sends bytes as they are and gives back what came until the end. */
const raw = (text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let got = '';
    const socket = connect(listening.port, '127.0.0.1', () => socket.write(text));
    socket.setEncoding('latin1');
    socket.on('data', (data) => {
      got += data;
      if (/\r\n\r\n/.test(got)) socket.end();
    });
    socket.on('close', () => resolve(got));
    socket.on('error', reject);
  });

describe('listen', () => {
  test('serves', async () => {
    expect(await raw('GET / HTTP/1.1\r\nHost: a\r\n\r\n')).toMatch(/^HTTP\/1.1 200 OK/);
  });

  test('takes absolute URLs, as proxies send them', async () => {
    expect(await raw('GET http://a/vm-backup/v1/ HTTP/1.1\r\nHost: a\r\n\r\n')).toMatch(/^HTTP\/1.1 200 OK/);
  });

  test.each([
    ['too many headers', `GET / HTTP/1.1\r\nHost: a\r\n${'a: b\r\n'.repeat(300)}\r\n`, '431'],
    ['headers too long', `GET / HTTP/1.1\r\nHost: a\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, '431'],
    ['no HTTP', 'hello\r\n\r\n', '400'],
    [
      'a smuggled length',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n',
      '400',
    ],
    ['a header with a NUL', 'GET / HTTP/1.1\r\nHost: a\r\nx: \0\r\n\r\n', '400'],
  ])('refuses %s', async (_what, text, status) => {
    expect((await raw(text)).slice(9, 12)).toBe(status);
  });

  test('a chunked body beyond the limit ends', async () => {
    const head = 'POST /v1/backups HTTP/1.1\r\nHost: a\r\nX-Auth-Token: member\r\nContent-Type: application/json\r\n';
    const body = `20000\r\n${'x'.repeat(0x20000)}\r\n0\r\n\r\n`;
    expect((await raw(`${head}Transfer-Encoding: chunked\r\n\r\n${body}`)).slice(9, 12)).toBe('413');
  });
});
