import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Log } from '../ports/system.ts';
import type { Answer, Asked } from './answer.ts';
import { KEEP_ALIVE_MS, MAX_CONNECTIONS, MAX_HEADER_BYTES, REQUEST_TIMEOUT_MS } from './limits.ts';

export interface SocketServer {
  /** A connection that somebody else accepted, of which nothing was read. */
  take(socket: Socket): void;
  /** Lets begun requests end for so long, then cuts all connections. */
  close(drainSeconds: number): Promise<void>;
}

const LOOK_EVERY_MS = 50;

/**
 * Speaks HTTP with clients; `tls`: PEM texts. Whatever goes wrong with a connection, it is closed without a word:
 * librbd comes back and asks again.
 */
export function serveSockets(
  answer: (asked: Asked) => Promise<Answer>,
  { tls, log }: { tls: { cert: string; key: string } | null; log: Log },
): SocketServer {
  let requests = 0;
  let connections = 0;
  const limits = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: REQUEST_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
  };
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    requests += 1;
    response.once('close', () => {
      requests -= 1;
    });
    serve(answer, request, response).catch((error) => {
      if (!response.destroyed) log.error('a request ended without an answer', { err: error });
      request.socket.destroy();
    });
  };
  const server = tls ? createTlsServer({ ...limits, ...tls }, onRequest) : createServer(limits, onRequest);
  // Node would answer by itself: an error that a guest would see.
  server.on('clientError', (_error, socket) => socket.destroy());
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  server.on('upgrade', (_request, socket) => socket.destroy());
  return {
    take(socket) {
      socket.on('error', () => socket.destroy());
      if (connections >= MAX_CONNECTIONS) {
        socket.destroy();
        return;
      }
      connections += 1;
      socket.once('close', () => {
        connections -= 1;
      });
      server.emit('connection', socket);
      socket.resume();
    },
    async close(drainSeconds) {
      const until = performance.now() + drainSeconds * 1_000;
      server.closeIdleConnections();
      while (requests > 0 && performance.now() < until)
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      server.closeAllConnections();
      server.close(() => {});
    },
  };
}

async function serve(
  answer: (asked: Asked) => Promise<Answer>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort(new Error('the client has gone')));
  request.resume();
  const { method, url } = request;
  const { status, headers, body } = await answer({ method, url, range: request.headers.range, signal: gone.signal });
  response.writeHead(status, headers);
  response.end(body ?? undefined);
}
