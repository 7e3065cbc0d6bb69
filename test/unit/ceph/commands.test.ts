import { afterEach, describe, expect, it } from '@jest/globals';
import type { CephSettings } from '../../../src/adapters/ceph/ceph-settings.ts';
import type { Ceph } from '../../../src/ports/ceph.ts';
import { type FakeRbd, fakeRbd } from './fake-rbd.ts';

const REF = { pool: 'volumes', image: 'volume-x' };
const COMMON = [
  ...['--conf', '/etc/ceph/ceph.conf', '--id', 'rewind'],
  ...['--rados-osd-op-timeout', '1', '--rados-mon-op-timeout', '1', '--client-mount-timeout', '1'],
];

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

const refusing = (status: number, words = 'rbd: something went wrong') => fake(`echo "${words}" >&2; exit ${status}`);

describe('what rbd is told', () => {
  const told: [string, (ceph: Ceph) => Promise<unknown>, string[]][] = [
    ['imageInfo', (ceph) => ceph.imageInfo(REF), ['info', 'volumes/volume-x', '--format', 'json']],
    ['listSnaps', (ceph) => ceph.listSnaps(REF), ['snap', 'ls', 'volumes/volume-x', '--format', 'json']],
    ['createSnap', (ceph) => ceph.createSnap(REF, 's'), ['snap', 'create', '--no-progress', 'volumes/volume-x@s']],
    ['removeSnap', (ceph) => ceph.removeSnap(REF, 's'), ['snap', 'rm', 'volumes/volume-x@s']],
    ['watchers', (ceph) => ceph.watchers(REF), ['status', 'volumes/volume-x', '--format', 'json']],
    [
      'createImage',
      (ceph) => ceph.createImage(REF, 513),
      ['create', '--no-progress', '--size', '513B', 'volumes/volume-x'],
    ],
    ['removeImage', (ceph) => ceph.removeImage(REF), ['rm', 'volumes/volume-x']],
    ['renameImage', (ceph) => ceph.renameImage(REF, 'y'), ['mv', 'volumes/volume-x', 'volumes/y']],
    ['listImages', (ceph) => ceph.listImages('Volumes_2'), ['ls', 'Volumes_2', '--format', 'json']],
    [
      'heldSnapsOfId',
      (ceph) => ceph.heldSnapsOfId('volumes', 'ab12'),
      ['snap', 'ls', '--all', '--pool', 'volumes', '--image-id', 'ab12', '--format', 'json'],
    ],
    [
      'removeSnapOfId',
      (ceph) => ceph.removeSnapOfId('volumes', 'ab12', 's'),
      ['snap', 'rm', '--pool', 'volumes', '--image-id', 'ab12', '--snap', 's'],
    ],
    ['removeTrashed', (ceph) => ceph.removeTrashed('volumes', 'ab12'), ['trash', 'rm', 'volumes/ab12']],
    ['trashImage', (ceph) => ceph.trashImage(REF), ['trash', 'mv', 'volumes/volume-x']],
    ['childrenOf', (ceph) => ceph.childrenOf(REF), ['children', 'volumes/volume-x', '--format', 'json']],
    ['listChildren', (ceph) => ceph.listChildren(REF, 's'), ['children', 'volumes/volume-x@s', '--format', 'json']],
    ['marks', (ceph) => ceph.marks(REF), ['image-meta', 'list', 'volumes/volume-x', '--format', 'json']],
    [
      'mark',
      (ceph) => ceph.mark(REF, 'rewind.a', '1a2b'),
      ['image-meta', 'set', 'volumes/volume-x', 'rewind.a', '1a2b'],
    ],
    ['isWritten', (ceph) => ceph.isWritten(REF), ['diff', 'volumes/volume-x', '--format', 'json']],
    ['version', (ceph) => ceph.version(), ['--version']],
  ];
  it.each(told)('%s', async (_, call, args) => {
    const rbd = fake('exit 0');
    await call(rbd.ceph).catch(() => {});
    expect(rbd.calls()).toEqual([[...COMMON, ...args]]);
  });

  const bad = ['', '-x', '--conf=/tmp/x', 'a/b', 'a@b', 'a b', '../x', 'x\0', 'A', 'ä', 'x'.repeat(97), '$(id)'];
  it.each(bad)('never a name that is more than a name: %j', async (name) => {
    const rbd = fake('exit 0');
    const wrong = { code: 'vm-backup.internal.bad-name', fault: 'bug' };
    const calls = [
      async () => rbd.ceph.imageInfo({ pool: 'volumes', image: name }),
      async () => rbd.ceph.createSnap(REF, name),
      async () => rbd.ceph.removeImage({ pool: 'volumes', image: name }),
      async () => rbd.ceph.renameImage(REF, name),
      async () => rbd.ceph.exportDiff(REF, name, undefined, new AbortController().signal),
      async () => rbd.ceph.exportDiff(REF, 's', name, new AbortController().signal),
      async () => rbd.ceph.importDiff({ pool: 'volumes', image: name }, nothing(), new AbortController().signal),
    ];
    for (const call of calls) await expect(call()).rejects.toMatchObject(wrong);
    if (name !== 'A') await expect((async () => rbd.ceph.listImages(name.slice(0, 50)))()).rejects.toBeDefined();
  });

  it('nothing but whole bytes for a size', async () => {
    const rbd = fake('exit 0');
    for (const size of [-1, 1.5, Number.NaN, 2 ** 53])
      await expect((async () => rbd.ceph.createImage(REF, size))()).rejects.toMatchObject({ fault: 'bug' });
    expect(rbd.calls()).toEqual([]);
  });
});

async function* nothing(): AsyncGenerator<Uint8Array> {}

describe('what rbd answers', () => {
  it.each([
    [1, 'rbd: error: (1) Operation not permitted', 'forbidden', false],
    [1, 'rbd: unrecognised option', 'failed', true],
    [2, 'rbd: error opening image x: (2) No such file or directory', 'not-found', false],
    [2, "rbd: error opening pool 'x': (2) No such file or directory", 'no-pool', false],
    [2, "rbd: couldn't connect to the cluster!", 'unavailable', true],
    [13, 'x', 'forbidden', false],
    [16, 'rbd: error: image still has watchers', 'busy', true],
    [17, 'rbd: rename error: (17) File exists', 'exists', false],
    [22, 'x', 'invalid', false],
    [28, 'x', 'full', false],
    [30, 'x', 'locked', true],
    [39, 'x', 'has-snapshots', false],
    [74, 'rbd: failed to decode tag', 'invalid', false],
    [108, 'x', 'unavailable.blocklisted', true],
    [110, 'x', 'timeout', true],
    [110, "rbd: couldn't connect to the cluster!", 'unavailable', true],
    [5, 'x', 'failed.io-error', true],
  ])('status %i with %j is ceph.%s', async (status, words, code, retry) => {
    const error = await refusing(status, words)
      .ceph.renameImage(REF, 'y')
      .catch((caught) => caught);
    expect(error).toMatchObject({ code: `vm-backup.ceph.${code}`, retry, fault: 'errored' });
    expect(error.message).not.toContain(words);
    expect(error.cause).toMatchObject({ exitCode: status, stderrTail: `${words}\n` });
  });

  it('an absent image is undefined, has no watchers, and is removed; but not in an absent pool', async () => {
    const { ceph } = refusing(2);
    expect(await ceph.imageInfo(REF)).toBeUndefined();
    expect(await ceph.watchers(REF)).toEqual([]);
    await ceph.removeImage(REF);
    await ceph.removeSnap(REF, 's');
    await expect(ceph.listSnaps(REF)).rejects.toMatchObject({ code: 'vm-backup.ceph.not-found' });
    const lost = refusing(2, "rbd: error opening pool 'x': (2) No such file or directory");
    for (const call of [
      () => lost.ceph.imageInfo(REF),
      () => lost.ceph.watchers(REF),
      () => lost.ceph.removeImage(REF),
    ])
      await expect(call()).rejects.toMatchObject({ code: 'vm-backup.ceph.no-pool' });
  });

  it('what is there already is made', async () => {
    await refusing(17).ceph.createSnap(REF, 's');
    const info = '{"name":"a","id":"1a2b3c","size":1,"object_size":1,"features":[],"flags":[]}';
    await fake(`[ "$1" = info ] || exit 17; echo '${info}'`).ceph.createImage(REF, 1);
  });

  it('what is to take the place of another image lies as it does: in its data pool, in objects and stripes of its sizes', async () => {
    const info = {
      ...{ name: 'v', id: '1a2b', size: 9, object_size: 1048576, flags: [], op_features: [] },
      ...{ data_pool: 'ec-data', stripe_unit: 65536, stripe_count: 4 },
      features: ['layering', 'striping', 'exclusive-lock', 'journaling', 'data-pool', 'operations'],
    };
    const rbd = fake(`[ "$1" != info ] || echo '${JSON.stringify(info)}'`);
    const draft = { pool: 'volumes', image: 'draft' };
    await rbd.ceph.createImage(draft, 9, REF);
    await rbd.ceph.cloneSnap({ pool: 'volumes', image: 'old' }, 's', draft, REF);
    await rbd.ceph.prepareMigration(draft, { url: 'http://x/', objectsInParallel: 2, like: REF });
    const layout = ['--object-size', '1048576B', '--stripe-unit', '65536B', '--stripe-count', '4'].concat(
      ...['--data-pool', 'ec-data', '--image-feature', 'layering,exclusive-lock'],
    );
    const making = rbd.calls().filter((call) => ['create', 'clone', 'migration'].includes(call[COMMON.length] ?? ''));
    expect(making).toHaveLength(3);
    for (const call of making) expect(call.join(' ')).toContain(layout.join(' '));
  });

  it('what takes the place of a lost image lies as the client says', async () => {
    const rbd = fake('[ "$1" != info ] || exit 2');
    await rbd.ceph.createImage({ pool: 'volumes', image: 'draft' }, 9, REF);
    expect(rbd.calls().at(-1)).toEqual([...COMMON, 'create', '--no-progress', '--size', '9B', 'volumes/draft']);
  });

  it('what is there in name only is made anew', async () => {
    const ghost = fake('case $1 in info) exit 2 ;; rm) echo gone >"$OUT" ;; create) [ -s "$OUT" ] || exit 17 ;; esac');
    await ghost.ceph.createImage(REF, 1);
    expect(ghost.calls().map((call) => call[COMMON.length])).toEqual(['create', 'info', 'rm', 'create']);
  });

  it('what it does not say is never taken for nothing', async () => {
    for (const answer of [
      '',
      '{}',
      '[]',
      'null',
      '{"watchers":{}}',
      '{"size":"1"}',
      'not json',
      '[{"name":1}]',
      '[1]',
    ]) {
      const { ceph } = fake(`printf '%s' '${answer}'`);
      const failed = { code: 'vm-backup.ceph.failed' };
      await expect(ceph.imageInfo(REF)).rejects.toMatchObject(failed);
      await expect(ceph.watchers(REF)).rejects.toMatchObject(failed);
      if (answer !== '[]') {
        await expect(ceph.listSnaps(REF)).rejects.toMatchObject(failed);
        await expect(ceph.listImages('p')).rejects.toMatchObject(failed);
        await expect(ceph.listChildren(REF, 's')).rejects.toMatchObject(failed);
      }
    }
  });

  it('growing asks first, and never shrinks', async () => {
    const info = `{"name":"a","id":"1a2b3c","size":100,"object_size":4194304,"features":[],"flags":[]}`;
    const rbd = fake(`[ "$1" = info ] && { echo '${info}'; exit 0; }; [ "$3" = 200B ] || exit 22`);
    await rbd.ceph.growImage(REF, 100);
    expect(rbd.calls()).toHaveLength(1);
    await rbd.ceph.growImage(REF, 200);
    await expect(rbd.ceph.growImage(REF, 50)).rejects.toMatchObject({ code: 'vm-backup.ceph.invalid' });
  });
});

describe('an rbd that', () => {
  const timeout = { code: 'vm-backup.ceph.timeout', fault: 'errored', retry: true };

  it('hangs is killed after its own limits', async () => {
    const began = performance.now();
    await expect(fake('exec sleep 60').ceph.imageInfo(REF)).rejects.toMatchObject(timeout);
    expect(performance.now() - began).toBeLessThan(9_000);
  });

  it('works long is waited for while it shows progress, and killed when it shows none', async () => {
    const busy = 'for i in 1 2 3 4 5; do printf "\\rRemoving image: $i%% complete..." >&2; sleep 0.5; done';
    await fake(busy).ceph.removeImage(REF);
    const began = performance.now();
    await expect(fake(`${busy}; exec sleep 60`).ceph.removeImage(REF)).rejects.toMatchObject(timeout);
    expect(performance.now() - began).toBeLessThan(6_000);
  });

  it('is not there is trouble of the storage', async () => {
    const rbd = fake('exit 0');
    rbd.remove();
    made = [];
    await expect(rbd.ceph.version()).rejects.toMatchObject({
      code: 'vm-backup.ceph.unavailable.no-program',
      retry: true,
    });
  });

  it('is killed by somebody has failed', async () => {
    await expect(fake('kill -KILL $$').ceph.imageInfo(REF)).rejects.toMatchObject({ code: 'vm-backup.ceph.failed' });
  });
});

describe('marks beside an image’s content', () => {
  it.each([
    ['of an image without any, nothing is printed', '', {}],
    ['only ours are told', '{"rewind.a":"1","conf_x":"2","other":"3"}', { 'rewind.a': '1' }],
  ])('%s', async (_, printed, marks) => {
    expect(await fake(`printf '%s' '${printed}'`).ceph.marks(REF)).toEqual(marks);
  });

  it('an image that is not there has none', async () => {
    expect(await refusing(2, 'rbd: error opening image').ceph.marks(REF)).toEqual({});
  });

  it('none but a mark is written', async () => {
    const rbd = fake('exit 0');
    await expect(rbd.ceph.mark(REF, 'conf_rbd_x', '1')).rejects.toMatchObject({ fault: 'bug' });
    await expect(rbd.ceph.mark(REF, 'rewind.a', '-1')).rejects.toMatchObject({ fault: 'bug' });
    expect(rbd.calls()).toEqual([]);
  });

  it('whether anything was ever written', async () => {
    expect(await fake("echo '[]'").ceph.isWritten(REF)).toBe(false);
    expect(await fake('echo \'[{"offset":0,"length":1,"exists":"true"}]\'').ceph.isWritten(REF)).toBe(true);
    await expect(refusing(2).ceph.isWritten(REF)).rejects.toMatchObject({ code: 'vm-backup.ceph.not-found' });
  });
});
