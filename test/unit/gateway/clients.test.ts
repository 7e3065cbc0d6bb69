import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import { Clients } from '../../../src/gateway/clients.ts';

const MOST_STRANGERS = 64;
const TIMES = { headMs: 60_000, idleMs: 60_000, sendMs: 60_000 };

let ports = 1_000;
function socket(): Socket {
  ports += 1;
  const one = Object.assign(new EventEmitter(), {
    ...{ remoteAddress: '192.0.2.1', remotePort: ports },
    destroy: () => one.emit('close'),
  });
  return one as unknown as Socket;
}

/** One that asked once, and was answered so. */
function asked(clients: Clients, good: boolean): boolean {
  const one = socket();
  const taken = clients.add(one);
  clients.asks(one);
  clients.sends(one, good);
  clients.ends(one);
  return taken;
}

test.each([
  ['was refused', false, false],
  ['was given something', true, true],
])('many connections of one address, each of which %s', (_, good, more) => {
  const clients = new Clients(TIMES);
  for (let n = 0; n < MOST_STRANGERS; n += 1) expect(asked(clients, good)).toBe(true);
  expect(asked(clients, true)).toBe(more);
  expect(clients.size).toBe(MOST_STRANGERS + Number(more));
  clients.closeAll();
  expect(clients.size).toBe(0);
});
