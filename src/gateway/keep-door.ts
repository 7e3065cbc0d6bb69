import type { ChildProcess } from 'node:child_process';
import { createServer, type Socket } from 'node:net';
import type { Log } from '../ports/system.ts';
import { MAX_CONNECTIONS, MAX_WAITING_PER_ADDRESS } from './gateway-limits.ts';

export interface DoorOptions {
  /** Where to listen; or a socket that another process opened, and keeps open when this process ends. */
  at: { host: string; port: number } | { fd: number };
  /** Starts a child that sends READY when it takes connections. */
  startChild(): ChildProcess;
  log: Log;
}

export interface Door {
  port: number;
  /** Ends the child and starts another one; connections that come meanwhile wait. */
  renew(): void;
  /** Lets nobody in any more; resolves when the child has ended. */
  close(): Promise<void>;
}

/** A child sends this when it is ready; then it gets connections, each with a number that it sends back. */
export const READY = 'ready';

/** A child that ends sooner than this is not restarted at once. */
const SOON_MS = 1_000;

/**
 * The door of the gateway accepts connections, hands each to a child, and does nothing else that could fail. A refused
 * connection is an I/O error of a guest; one that waits, or is closed, is not. So children may die: the next one gets
 * the connections that came meanwhile.
 */
export async function keepDoor({ at, startChild, log }: DoorOptions): Promise<Door> {
  const waiting: Socket[] = [];
  /** Our own copies of connections that a child was given and has not confirmed. */
  const underWay = new Map<number, { socket: Socket; to: ChildProcess }>();
  let handed = 0;
  let ready: ChildProcess | undefined;
  let closing = false;
  let child: ChildProcess;
  let ended: () => void = () => {};
  const allEnded = new Promise<void>((resolve) => {
    ended = resolve;
  });

  const hand = (socket: Socket): void => {
    // One client must not take all the places of others while no child serves.
    const { remoteAddress } = socket;
    const ofThis = waiting.filter((one) => one.remoteAddress === remoteAddress && !one.destroyed).length;
    if (underWay.size >= MAX_CONNECTIONS || ofThis >= MAX_WAITING_PER_ADDRESS) socket.destroy();
    else if (ready?.connected) {
      handed += 1;
      underWay.set(handed, { socket, to: ready });
      ready.send(handed, socket, { keepOpen: true }, () => {});
    } else if (waiting.length < MAX_CONNECTIONS) waiting.push(socket);
    else socket.destroy();
  };
  /**
   * A client whose connection was lost on the way would wait for ever; when the connection is closed, librbd makes
   * another.
   */
  const closeLost = (dead: ChildProcess): void => {
    for (const [number, { socket, to }] of underWay) {
      if (to !== dead) continue;
      underWay.delete(number);
      socket.destroy();
    }
  };
  const start = (): void => {
    const began = performance.now();
    const fresh = startChild();
    child = fresh;
    fresh.on('error', (error) => log.error('the gateway has trouble with its child', { err: error }));
    fresh.on('message', (message) => {
      if (typeof message === 'number') {
        underWay.get(message)?.socket.destroy();
        underWay.delete(message);
      }
      if (message !== READY) return;
      ready = fresh;
      for (const socket of waiting.splice(0)) if (!socket.destroyed) hand(socket);
    });
    fresh.once('exit', (code, signal) => {
      // Its message may be read after its end: a connection that it got then would wait for ever.
      fresh.removeAllListeners('message');
      if (ready === fresh) ready = undefined;
      closeLost(fresh);
      if (closing) {
        ended();
        return;
      }
      log.warn('the gateway goes on with another child', { code, signal });
      setTimeout(() => (closing ? ended() : start()), performance.now() - began < SOON_MS ? SOON_MS : 0);
    });
  };

  const server = createServer({ pauseOnConnect: true, noDelay: true }, hand);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(at, () => {
      server.off('error', reject);
      resolve();
    });
  });
  server.on('error', (error) => log.error('the gateway cannot accept a connection', { err: error }));
  start();
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    renew: () => void child.kill('SIGTERM'),
    async close() {
      closing = true;
      server.close();
      for (const socket of waiting.splice(0)) socket.destroy();
      child.kill('SIGTERM');
      await allEnded;
    },
  };
}
