import type { Socket } from 'node:net';
import { HEAD_MS, IDLE_CONNECTION_MS, MAX_CONNECTIONS, MAX_STRANGERS_PER_ADDRESS, SEND_MS } from './gateway-limits.ts';

interface Client {
  socket: Socket;
  address: string;
  /** True: a request of it was answered once, so it knows an address of a disk. */
  known: boolean;
  requests: number;
  timer: NodeJS.Timeout;
}

/** Milliseconds. */
export interface ClientTimes {
  /** Limit for the first request, and for the next one after a refusal. */
  headMs: number;
  /** Limit between requests of a client that was answered before. */
  idleMs: number;
  /** Limit for taking an answer. */
  sendMs: number;
}

const CLIENT_TIMES: ClientTimes = { headMs: HEAD_MS, idleMs: IDLE_CONNECTION_MS, sendMs: SEND_MS };

/**
 * The current connections, and how long each may be silent. Node's own limits begin with `listen`, and nobody listens
 * here: connections are handed over. Connections that never knew an address make room for others.
 */
export class Clients {
  readonly #clients = new Map<string, Client>();
  readonly #times: ClientTimes;

  constructor(times: ClientTimes = CLIENT_TIMES) {
    this.#times = times;
  }

  get size(): number {
    return this.#clients.size;
  }

  /** Number of requests on all connections. */
  get requests(): number {
    return [...this.#clients.values()].reduce((sum, { requests }) => sum + requests, 0);
  }

  /** False: there is no room, or this address has too many silent connections. The socket is closed then. */
  add(socket: Socket): boolean {
    const address = socket.remoteAddress ?? '';
    const strangers = [...this.#clients.values()].filter((client) => !client.known);
    const room = this.size < MAX_CONNECTIONS || this.#makeRoom(strangers);
    const ofAddress = strangers.filter((client) => client.address === address).length;
    if (!room || ofAddress >= MAX_STRANGERS_PER_ADDRESS) {
      socket.destroy();
      return false;
    }
    const name = nameOf(socket);
    const client = {
      socket,
      address,
      known: false,
      requests: 0,
      timer: after(this.#times.headMs, () => socket.destroy()),
    };
    this.#clients.set(name, client);
    socket.once('close', () => {
      clearTimeout(client.timer);
      this.#clients.delete(name);
    });
    return true;
  }

  /** The head of a request is complete. The answer may take as long as it takes: a guest waits for it. */
  asks(socket: Socket): void {
    const client = this.#clients.get(nameOf(socket));
    if (!client) return;
    client.requests += 1;
    clearTimeout(client.timer);
  }

  /** The answer is ready and on its way. `good`: it was no refusal. */
  sends(socket: Socket, good: boolean): void {
    const client = this.#clients.get(nameOf(socket));
    if (!client) return;
    client.known ||= good;
    this.#limit(client, this.#times.sendMs);
  }

  /** The answer was sent, or its client has gone. */
  ends(socket: Socket): void {
    const client = this.#clients.get(nameOf(socket));
    if (!client) return;
    client.requests -= 1;
    if (client.requests === 0) this.#limit(client, client.known ? this.#times.idleMs : this.#times.headMs);
  }

  closeIdle(): void {
    for (const { socket, requests } of this.#clients.values()) if (requests === 0) socket.destroy();
  }

  closeAll(): void {
    for (const { socket } of this.#clients.values()) socket.destroy();
  }

  #makeRoom(strangers: Client[]): boolean {
    const oldest = strangers.find(({ requests }) => requests === 0);
    oldest?.socket.destroy();
    return oldest !== undefined;
  }

  #limit(client: Client, ms: number): void {
    clearTimeout(client.timer);
    client.timer = after(ms, () => client.socket.destroy());
  }
}

/** The same name for the socket and for the TLS that runs over it. */
const nameOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;

const after = (ms: number, act: () => void): NodeJS.Timeout => setTimeout(act, ms).unref();
