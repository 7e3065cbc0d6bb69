import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { MAX_HEADER_BYTES, MAX_HEADERS } from '../api/calls/http-settings.ts';

/** A client that takes longer to send its head, or its whole request, is cut off (slowloris). */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** Longer than the idle time of usual load balancers (60 s), so that they end connections first. */
const KEEP_ALIVE_MS = 65_000;
const CHECK_EVERY_MS = 2_000;
const MAX_CONNECTIONS = 2_048;
const MAX_REQUESTS_PER_CONNECTION = 10_000;

export interface Listening {
  port: number;
  /** Takes no more requests, lets open ones end within this time, then cuts them. */
  close(drainSeconds: number): Promise<void>;
}

export async function listen(app: RequestListener, options: { host: string; port: number }): Promise<Listening> {
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: CHECK_EVERY_MS,
    },
    app,
  );
  // One more than is accepted, so that the application sees that there were too many.
  server.maxHeadersCount = MAX_HEADERS + 1;
  server.maxConnections = MAX_CONNECTIONS;
  server.maxRequestsPerSocket = MAX_REQUESTS_PER_CONNECTION;
  server.on('clientError', refuse);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return { port: (server.address() as AddressInfo).port, close: (seconds) => close(server, seconds) };
}

/** If it is not even HTTP, the answer has no body: there is no request to which it could refer. */
function refuse(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable) return;
  const status: Record<string, string> = {
    HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
    ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  };
  socket.end(
    `HTTP/1.1 ${status[error.code ?? ''] ?? '400 Bad Request'}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
  );
}

async function close(server: Server, drainSeconds: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), drainSeconds * 1_000);
  await closed;
  clearTimeout(cut);
}
