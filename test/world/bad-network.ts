import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/**
 * What happens to one request on its way: it passes; it is cut off before or after the server has done it; it is held
 * up; a bit of it, or the second half of its answer, is lost; or somebody in between answers instead.
 */
export type Fault = 'pass' | 'cut' | 'lose-answer' | 'stall' | 'flip' | 'truncate' | { status: number; code: string };

export interface BadNetwork {
  url: string;
  /** Requests since `reset`: `PUT /bucket/key?query`. */
  seen: string[];
  /** Asked for each request, with its number from 1. */
  decide: (number: number, line: string) => Fault;
  reset(): void;
  close(): Promise<void>;
}

/** A proxy in front of an HTTP server that does to requests what networks do. */
export async function badNetwork(to: string): Promise<BadNetwork> {
  const server = createServer((incoming, answer) => void handle(incoming, answer).catch(() => answer.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const network: BadNetwork = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: [],
    decide: () => 'pass',
    reset() {
      network.seen = [];
      network.decide = () => 'pass';
    },
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };

  async function handle(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const line = `${incoming.method} ${incoming.url}`;
    network.seen.push(line);
    const fault = network.decide(network.seen.length, line);
    const body = await buffer(incoming);
    if (fault === 'cut') return void answer.destroy();
    if (fault === 'stall') return;
    if (typeof fault === 'object') {
      answer.writeHead(fault.status, { 'content-type': 'application/xml' });
      if (fault.status < 300) return void answer.end();
      return void answer.end(`<?xml version="1.0"?><Error><Code>${fault.code}</Code><Message>no</Message></Error>`);
    }
    if (fault === 'flip' && body.length > 0) body[body.length >> 1]! ^= 1;
    const real = await forward(incoming, body);
    const told = await buffer(real);
    if (fault === 'lose-answer') return void answer.destroy();
    answer.writeHead(real.statusCode ?? 502, real.headers);
    if (fault !== 'truncate' || told.length === 0) return void answer.end(told);
    answer.write(told.subarray(0, told.length >> 1), () => answer.destroy());
  }

  const forward = ({ method, url, headers }: IncomingMessage, body: Buffer): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      // The host's name is part of the signature, and stays the one that the client knows.
      request(`${to}${url}`, { method, headers, agent: false }, resolve).on('error', reject).end(body);
    });
  return network;
}
