import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { READY } from '../../src/gateway/keep-door.ts';

/** Serves what its parent lets in: its own process id; `/slow` after a while. */
const server = createServer((request, response) => {
  setTimeout(() => response.end(String(process.pid)), request.url === '/slow' ? 300 : 0);
});
process.on('message', (number, socket) => {
  server.emit('connection', socket);
  (socket as Socket).resume();
  process.send?.(number);
});
process.once('disconnect', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));
process.send?.(READY);
