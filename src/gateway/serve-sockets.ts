import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Log } from '../ports/system.ts';
import type { Answer, Asked } from './answer.ts';
import { Clients, type ClientTimes } from './clients.ts';
import { IDLE_CONNECTION_MS, MAX_HEADER_BYTES } from './gateway-limits.ts';

export interface SocketServer {
  /** Takes a connection that another process accepted and of which nothing was read. */
  take(socket: Socket): void;
  /** Lets requests that have begun end within this time, then cuts all connections. */
  close(drainSeconds: number): Promise<void>;
}

const LOOK_EVERY_MS = 50;

/**
 * Speaks HTTP with clients; `tls`: PEM texts. Whatever goes wrong with a connection, it is closed without an answer:
 * librbd reconnects and asks again.
 */
export function serveSockets(
  answer: (asked: Asked) => Promise<Answer>,
  { tls, log, times }: { tls: { cert: string; key: string } | null; log: Log; times?: ClientTimes },
): SocketServer {
  const clients = new Clients(times);
  // `clients` limits the times: Node's own limits need a server that listens.
  const limits = { maxHeaderSize: MAX_HEADER_BYTES, keepAliveTimeout: IDLE_CONNECTION_MS };
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const { socket } = request;
    clients.asks(socket);
    response.once('close', () => clients.ends(socket));
    serve(answer, request, response, (good) => clients.sends(socket, good)).catch((error) => {
      if (!response.destroyed) log.error('a request ended without an answer', { err: error });
      socket.destroy();
    });
  };
  const server = tls ? createTlsServer({ ...limits, ...tls }, onRequest) : createServer(limits, onRequest);
  // Node itself would answer with an error, which a guest would see.
  server.on('clientError', (_error, socket) => socket.destroy());
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  server.on('upgrade', (_request, socket) => socket.destroy());
  return {
    take(socket) {
      socket.on('error', () => socket.destroy());
      if (!clients.add(socket)) return;
      server.emit('connection', socket);
      socket.resume();
    },
    async close(drainSeconds) {
      const until = performance.now() + drainSeconds * 1_000;
      clients.closeIdle();
      while (clients.requests > 0 && performance.now() < until)
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      clients.closeAll();
      server.close(() => {});
    },
  };
}

async function serve(
  answer: (asked: Asked) => Promise<Answer>,
  request: IncomingMessage,
  response: ServerResponse,
  sends: (good: boolean) => void,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort(new Error('the client has gone')));
  request.resume();
  const { method, url } = request;
  const { remoteAddress: from = '' } = request.socket;
  const asked = { method, url, range: request.headers.range, from, signal: gone.signal };
  const { status, headers, body } = await answer(asked);
  sends(status < 300);
  response.writeHead(status, headers);
  response.end(body ?? undefined);
}
