import { connect, type Socket } from 'node:net';
import type { RawRequest } from './requests.ts';

export interface RawAnswer {
  /** 0: the connection was ended without an answer. */
  status: number;
  ms: number;
  text: string;
}

/** Sends bytes as they are, one request at a time over one connection while that is possible. */
export class RawClient {
  readonly #to: { host: string; port: number };
  readonly #timeoutMs: number;
  #socket: Socket | undefined;

  constructor(to: { host: string; port: number }, timeoutMs: number) {
    this.#to = to;
    this.#timeoutMs = timeoutMs;
  }

  async send({ bytes, head, broken }: RawRequest): Promise<RawAnswer> {
    const socket = this.#socket ?? connect(this.#to);
    this.#socket = socket;
    const begun = performance.now();
    const { text, whole } = await this.#exchange(socket, bytes, head, broken);
    const reusable = whole && !broken && !/^connection: close/im.test(text) && !socket.destroyed;
    if (!reusable) this.close();
    return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), ms: performance.now() - begun, text };
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  #exchange(socket: Socket, bytes: Buffer, head: boolean, broken: boolean): Promise<{ text: string; whole: boolean }> {
    return new Promise((resolve) => {
      let text = '';
      const end = (whole: boolean) => {
        clearTimeout(late);
        socket.removeAllListeners();
        socket.on('error', () => undefined);
        resolve({ text, whole });
      };
      const late = setTimeout(() => end(false), this.#timeoutMs);
      socket.setEncoding('latin1');
      socket.on('data', (data: string) => {
        text += data;
        if (isWhole(text, head)) end(true);
      });
      socket.once('close', () => end(false));
      socket.once('error', () => end(false));
      socket.write(bytes);
      if (broken) socket.end();
    });
  }
}

function isWhole(text: string, head: boolean): boolean {
  const at = text.indexOf('\r\n\r\n');
  if (at < 0) return false;
  const status = Number(text.slice(9, 12));
  if (head || status === 204 || status === 304) return status >= 200;
  if (/^transfer-encoding: chunked/im.test(text.slice(0, at))) return text.endsWith('0\r\n\r\n');
  const length = /^content-length: (\d+)/im.exec(text.slice(0, at))?.[1];
  return length !== undefined && text.length - at - 4 >= Number(length);
}
