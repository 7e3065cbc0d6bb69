import { afterEach, describe, expect, it } from '@jest/globals';
import type { CephSettings } from '../../../src/adapters/ceph/ceph-settings.ts';
import { RewindError } from '../../../src/domain/errors.ts';
import { type FakeRbd, fakeRbd } from './fake-rbd.ts';

const REF = { pool: 'volumes', image: 'volume-x' };
const never = new AbortController().signal;
const timeout = { code: 'vm-backup.ceph.timeout', fault: 'errored', retry: true };
const failed = { code: expect.stringMatching(/^vm-backup\.ceph\.failed/) };

let made: FakeRbd[] = [];
const fake = (script: string, settings?: Partial<CephSettings>): FakeRbd => {
  const rbd = fakeRbd(script, settings);
  made.push(rbd);
  return rbd;
};
afterEach(() => {
  for (const rbd of made) rbd.remove();
  made = [];
});

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function collect(stream: AsyncIterable<Uint8Array>): Promise<number> {
  let size = 0;
  for await (const chunk of stream) size += chunk.length;
  return size;
}

describe('an export', () => {
  const exporting = (script: string, signal = never, settings?: Partial<CephSettings>) =>
    fake(`[ "$1" = info ] && exit 2\n${script}`, settings).ceph.exportDiff(REF, 's', undefined, signal);

  it('gives every byte, then its end', async () => {
    const output = exporting('head -c 3000000 /dev/zero; printf end');
    expect(await collect(output.stream)).toBe(3_000_003);
    await output.finished;
    output.kill();
  });

  it('keeps what came for a reader that begins late, after the process has ended', async () => {
    const output = exporting('head -c 20000 /dev/zero; printf end');
    await output.finished;
    await sleep(200);
    expect(await collect(output.stream)).toBe(20_003);
  });

  it('that fails after the last byte fails its reader too', async () => {
    const output = exporting('head -c 1000 /dev/zero; exit 5');
    await expect(collect(output.stream)).rejects.toMatchObject(failed);
    await expect(output.finished).rejects.toMatchObject(failed);
  });

  it('that dies in the middle fails, also for who does not look', async () => {
    const output = exporting('head -c 1000000 /dev/zero; kill -KILL $$');
    await expect(collect(output.stream)).rejects.toMatchObject(failed);
    const unread = exporting('exit 2');
    await sleep(100);
    unread.kill();
  });

  it('says why it cannot begin', async () => {
    const output = exporting('echo "rbd: couldn\'t connect to the cluster!" >&2; exit 2');
    await expect(collect(output.stream)).rejects.toMatchObject({ code: 'vm-backup.ceph.unavailable' });
  });

  it('that stands still is killed', async () => {
    const began = performance.now();
    const output = exporting('head -c 1000 /dev/zero; exec sleep 60');
    await expect(collect(output.stream)).rejects.toMatchObject(timeout);
    await expect(output.finished).rejects.toMatchObject(timeout);
    expect(performance.now() - began).toBeLessThan(4_000);
  });

  it('that has given all but does not end is killed', async () => {
    const output = exporting('head -c 1000 /dev/zero; exec >&-; exec sleep 60');
    await expect(collect(output.stream)).rejects.toMatchObject(timeout);
  });

  it('shows life on stderr, and a large image may be silent for longer', async () => {
    const alive = exporting('for i in 1 2 3 4; do sleep 0.5; echo "$i%" >&2; done; printf x');
    expect(await collect(alive.stream)).toBe(1);
    // 2 TiB in objects of 4 MiB: 524 288 objects to look at
    const info = '{"name":"a","id":"1a2b3c","size":2199023255552,"object_size":4194304,"features":[],"flags":[]}';
    const large = fake(`[ "$1" = info ] && { echo '${info}'; exit 0; }; sleep 2.5; printf x`);
    expect(await collect(large.ceph.exportDiff(REF, 's', 'r', never).stream)).toBe(1);
  });

  it('does not count the time its reader takes', async () => {
    const output = exporting('head -c 1000000 /dev/zero');
    let size = 0;
    for await (const chunk of output.stream) {
      if (size === 0) await sleep(2_000);
      size += chunk.length;
    }
    expect(size).toBe(1_000_000);
  });

  it('is ended by a reader that stops, by kill, and by the signal with its reason', async () => {
    const stopped = exporting('yes');
    for await (const _ of stopped.stream) break;
    await expect(stopped.finished).rejects.toMatchObject(failed);
    const killed = exporting('yes');
    killed.kill();
    killed.kill();
    await expect(killed.finished).rejects.toMatchObject(failed);
    const stop = new AbortController();
    const aborted = exporting('yes', stop.signal);
    setTimeout(() => stop.abort(new Error('enough')), 200);
    await expect(collect(aborted.stream)).rejects.toThrow('enough');
    await expect(aborted.finished).rejects.toThrow('enough');
  });

  it('is not stopped by a flood on stderr', async () => {
    const output = exporting('yes | head -c 3000000 >&2; printf x');
    expect(await collect(output.stream)).toBe(1);
  });
});

describe('an import', () => {
  const chunk = (size: number, fill = 'x') => Buffer.alloc(size, fill);
  async function* source(...chunks: (Uint8Array | Error | number)[]): AsyncGenerator<Uint8Array> {
    for (const one of chunks) {
      if (one instanceof Error) throw one;
      if (typeof one === 'number') await sleep(one);
      else yield one;
    }
  }
  const importing = (script: string, diff: AsyncIterable<Uint8Array>, signal = never) => {
    const rbd = fake(script);
    return { rbd, done: rbd.ceph.importDiff(REF, diff, signal) };
  };

  it('hands over every byte in order', async () => {
    const { rbd, done } = importing(
      'cat >$OUT',
      source(chunk(3_000_000, 'a'), chunk(0), chunk(3_000_000, 'b'), chunk(1, 'c')),
    );
    await done;
    expect(rbd.written().equals(Buffer.concat([chunk(3_000_000, 'a'), chunk(3_000_000, 'b'), chunk(1, 'c')]))).toBe(
      true,
    );
    const none = importing('cat >$OUT', source());
    await none.done;
    expect(none.rbd.written()).toHaveLength(0);
  });

  it('never shows rbd the last piece when the source fails at its end', async () => {
    const broken = new RewindError('archive.damaged', 'x');
    const { rbd, done } = importing('trap "" TERM; cat >$OUT', source(chunk(10, 'a'), chunk(10, 'b'), 300, broken));
    await expect(done).rejects.toBe(broken);
    expect(rbd.written().toString()).toBe('a'.repeat(10));
  });

  it('holds the source back when rbd is slow', async () => {
    let given = 0;
    async function* greedy(): AsyncGenerator<Uint8Array> {
      for (; given < 100; given++) yield chunk(1_000_000);
    }
    const { done } = importing('sleep 0.7; cat >/dev/null', greedy());
    await sleep(400);
    expect(given).toBeLessThan(10);
    await done;
    expect(given).toBe(100);
  });

  it.each([
    ['at once', 'exit 22', 'invalid'],
    ['in the middle', 'head -c 1000 >/dev/null; exit 5', 'failed.io-error'],
    ['after the last byte', 'cat >/dev/null; exit 17', 'exists'],
    ['by a signal', 'head -c 1000 >/dev/null; kill -KILL $$', 'failed'],
  ])('fails when rbd fails %s, and stops its source', async (_, script, code) => {
    let stopped = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (let n = 0; n < 50; n++) yield chunk(100_000);
      } finally {
        stopped = true;
      }
    }
    await expect(importing(script, endless()).done).rejects.toMatchObject({ code: `vm-backup.ceph.${code}` });
    expect(stopped).toBe(true);
  });

  it('fails when rbd ends well before its input did', async () => {
    const { done } = importing('head -c 1000 >/dev/null; exit 0', source(chunk(10_000_000), chunk(1)));
    await expect(done).rejects.toMatchObject(failed);
  });

  it('notices the end of rbd while it waits for its source', async () => {
    const began = performance.now();
    const { done } = importing('sleep 0.3; exit 28', source(chunk(1), 1_500, chunk(1)));
    await expect(done).rejects.toMatchObject({ code: 'vm-backup.ceph.full' });
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it('kills an rbd that takes no byte, or does not end, but not one whose source is slow', async () => {
    await expect(importing('exec sleep 60', source(chunk(10_000_000), chunk(1))).done).rejects.toMatchObject(timeout);
    await expect(importing('cat >/dev/null; exec sleep 60', source(chunk(1))).done).rejects.toMatchObject(timeout);
    await importing('cat >/dev/null', source(chunk(1), 2_000, chunk(1))).done;
  });

  it('stops at the signal, with its reason', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error('enough')), 200);
    const { done } = importing('cat >/dev/null', source(chunk(1), 600, chunk(1)), stop.signal);
    await expect(done).rejects.toThrow('enough');
    await expect(importing('exit 0', source(), AbortSignal.abort(new Error('before'))).done).rejects.toThrow('before');
  });
});
