import { type ErrorCode, RewindError } from '../../../../src/domain/errors.ts';
import type { Target } from '../../../../src/ports/target.ts';

const refuse = (code: ErrorCode) => new RewindError(code, code, { fault: 'errored' });

/** A target in memory whose bytes tests may spoil. */
export class MemoryTarget implements Target {
  readonly name: string;
  readonly objects = new Map<string, Uint8Array>();
  /** Calls of `read`, and the bytes they returned. */
  reads = 0;
  readBytes = 0;

  constructor(name = 'memory') {
    this.name = name;
  }

  async put(name: string, data: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<number> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of data) {
      signal?.throwIfAborted();
      chunks.push(Uint8Array.from(chunk));
    }
    if (this.objects.has(name)) throw refuse('target.exists');
    const bytes = new Uint8Array(Buffer.concat(chunks));
    this.objects.set(name, bytes);
    return bytes.length;
  }

  async size(name: string): Promise<number | undefined> {
    return this.objects.get(name)?.length;
  }

  async read(name: string, offset: number, length: number): Promise<Uint8Array> {
    const bytes = this.objects.get(name);
    if (!bytes) throw refuse('target.not-found');
    if (offset + length > bytes.length) throw refuse('target.truncated');
    this.reads += 1;
    this.readBytes += length;
    return bytes.slice(offset, offset + length);
  }

  async *list(prefix: string): AsyncGenerator<string, void, undefined> {
    yield* [...this.objects.keys()].filter((name) => name.startsWith(prefix)).sort();
  }

  async remove(name: string): Promise<void> {
    this.objects.delete(name);
  }

  async sweepTemporary(): Promise<number> {
    return 0;
  }

  async probe(): Promise<void> {}

  async space(): Promise<undefined> {}
}
