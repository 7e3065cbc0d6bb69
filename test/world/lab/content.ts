import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';

/** Of what is compared; zeros and holes are the same to whoever reads the disk. */
const BLOCK = 4_096;
const EMPTY = Buffer.alloc(BLOCK);

/**
 * A digest of the whole content of an image or snap: of its size and of every block that is not zero, with its place. It
 * is read as a diff against nothing, so that empty disks take no time.
 */
export const contentOf = (spec: string): Promise<string> => exported(spec, true);

/** The same without its size: of a disk that was extended since and keeps that. */
export const dataOf = (spec: string): Promise<string> => exported(spec, false);

async function exported(spec: string, sized: boolean): Promise<string> {
  const child = spawn('rbd', ['export-diff', '--no-progress', spec, '-'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const digest = await digestOf(child.stdout as AsyncIterable<Buffer>, sized);
  const code = await ended;
  if (code !== 0) throw new Error(`rbd export-diff ${spec} ended with ${code}`);
  return digest;
}

/** A reader of its own: what the product reads wrong must not be right here. */
async function digestOf(diff: AsyncIterable<Buffer>, sized = true): Promise<string> {
  const hash = createHash('sha256');
  const input = new Input(diff);
  const magic = (await input.take(12)).toString();
  if (magic !== 'rbd diff v1\n') throw new Error(`no diff: ${JSON.stringify(magic)}`);
  const block = Buffer.alloc(BLOCK);
  let index = -1;
  const flush = (): void => {
    if (index >= 0 && !block.equals(EMPTY)) hash.update(`${index}:`).update(block);
    block.fill(0);
  };
  for (;;) {
    const kind = (await input.take(1)).toString();
    if (kind === 'e') break;
    if (kind === 'f' || kind === 't') await input.take((await input.take(4)).readUInt32LE());
    else if (kind === 's') {
      const size = (await input.take(8)).readBigUInt64LE();
      if (sized) hash.update(`size ${size};`);
    } else if (kind === 'z') await input.take(16);
    else if (kind === 'w') {
      let at = Number((await input.take(8)).readBigUInt64LE());
      for (let left = Number((await input.take(8)).readBigUInt64LE()); left > 0; ) {
        const next = Math.floor(at / BLOCK);
        if (next < index) throw new Error('the diff is not in order');
        if (next !== index) flush();
        index = next;
        const bytes = await input.take(Math.min(left, BLOCK - (at % BLOCK)));
        bytes.copy(block, at % BLOCK);
        at += bytes.length;
        left -= bytes.length;
      }
    } else throw new Error(`the diff has a record ${JSON.stringify(kind)}`);
  }
  flush();
  return hash.digest('hex');
}

class Input {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  async take(length: number): Promise<Buffer> {
    while (this.#rest.length < length) {
      const { value, done } = await this.#chunks.next();
      if (done) throw new Error('the diff was cut');
      this.#rest = this.#rest.length === 0 ? value : Buffer.concat([this.#rest, value]);
    }
    const taken = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return taken;
  }
}
