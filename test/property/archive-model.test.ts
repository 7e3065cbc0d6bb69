import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DirectoryTarget } from '../../src/adapters/target/directory/directory-target.ts';
import { ensureTargetInfo } from '../../src/archive/manifests/target-info.ts';
import type { Target } from '../../src/ports/target.ts';
import { diskId, KEY, SERVER } from '../unit/archive/support/backups.ts';
import { MemoryTarget } from '../unit/archive/support/memory-target.ts';
import { ArchiveSystem } from '../world/archive-system.ts';
import { ContentCeph } from '../world/content-ceph.ts';
import { isThorough, rounds, seed } from '../world/sampling.ts';

const RUNS = rounds(20);
const SIZE = 8192;
const MOST_COMMANDS = 20;

/** The root disk and a volume. */
const DISKS = [SERVER, diskId(1)] as const;

/** What the disks hold, and what they held when each backup was made: plain bytes, and nothing clever. */
interface Reference {
  disks: Uint8Array[];
  backups: Map<string, Uint8Array[]>;
}

class System extends ArchiveSystem {
  readonly content: ContentCeph;

  constructor(target: Target, grains: number[], rules: { compactRuns: number; compactShare: number }) {
    const content = new ContentCeph(grains);
    super({ target, ceph: content.ceph, pool: 'rbd', serverId: DISKS[0], volumeId: DISKS[1], ...rules });
    for (const image of this.images) content.put(image, SIZE);
    this.content = content;
  }
}

type Command = fc.AsyncCommand<Reference, System>;
const tally = { commands: 0, backups: 0, crashes: 0, compactions: 0, merged: 0, compared: 0 };

const command = (
  text: string,
  run: (model: Reference, real: System) => Promise<void>,
  check: (model: Readonly<Reference>) => boolean = () => true,
): Command => ({
  check,
  toString: () => text,
  async run(model, real) {
    tally.commands += 1;
    await run(model, real);
  },
});

const picked = (model: Reference, which: number): string => [...model.backups.keys()][which % model.backups.size]!;
const hasBackups = (model: Readonly<Reference>) => model.backups.size > 0;

function change(model: Reference, real: System, disk: number, to: (old: Uint8Array) => Uint8Array): void {
  model.disks[disk] = to(model.disks[disk]!);
  real.content.at(real.images[disk]!).bytes = model.disks[disk]!.slice();
}

const filled = (old: Uint8Array, at: number, length: number, byte: (n: number) => number): Uint8Array => {
  const bytes = old.slice();
  for (let n = at % bytes.length; n < Math.min(bytes.length, (at % bytes.length) + length); n += 1) bytes[n] = byte(n);
  return bytes;
};

const resized = (old: Uint8Array, size: number): Uint8Array => {
  const bytes = new Uint8Array(size);
  bytes.set(old.subarray(0, size));
  return bytes;
};

async function compare(model: Reference, real: System, id: string): Promise<void> {
  const restored = await real.restore(id);
  for (const [n, disk] of DISKS.entries()) {
    const wanted = model.backups.get(id)![n]!;
    // Not toEqual: of some thousand numbers it would tell each.
    expect(Buffer.from(restored.get(disk) ?? []).equals(wanted)).toBe(true);
    tally.compared += wanted.length;
  }
}

const disk = fc.nat(DISKS.length - 1);
const crashes = fc.oneof(
  { weight: 3, arbitrary: fc.constant([]) },
  { weight: 1, arbitrary: fc.array(fc.nat(24), { minLength: 1, maxLength: 2 }) },
);
const maybeCrash = fc.option(fc.nat(20), { nil: undefined, freq: 2 });

const writes = fc
  .tuple(disk, fc.nat(SIZE * 2), fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 1, max: 255 }))
  .map(([n, at, length, byte]) =>
    command(`write(${n}, ${at}, ${length})`, async (model, real) =>
      change(model, real, n, (old) => filled(old, at, length, (place) => ((byte + place) % 255) + 1)),
    ),
  );
const discards = fc
  .tuple(disk, fc.nat(SIZE * 2), fc.integer({ min: 1, max: 4000 }))
  .map(([n, at, length]) =>
    command(`discard(${n}, ${at}, ${length})`, async (model, real) =>
      change(model, real, n, (old) => filled(old, at, length, () => 0)),
    ),
  );
const resizes = fc.tuple(disk, fc.integer({ min: 1, max: SIZE * 2 }), fc.nat(3)).map(([n, by, one]) =>
  command(`${one === 0 ? 'shrink' : 'grow'}(${n}, ${by})`, async (model, real) =>
    change(model, real, n, (old) => {
      const size = one === 0 ? Math.max(512, old.length - by) : Math.min(4 * SIZE, old.length + by);
      return resized(old, size);
    }),
  ),
);
async function backUp(model: Reference, real: System, died: readonly number[], full: boolean, abandon: boolean) {
  const id = await real.backup(died, full, abandon);
  await real.requireWhole();
  tally.crashes += died.length;
  if (id === undefined) return;
  tally.backups += 1;
  model.backups.set(
    id,
    model.disks.map((bytes) => bytes.slice()),
  );
}

const backups = fc
  .tuple(crashes, fc.nat(9), fc.boolean())
  .map(([died, full, abandon]) =>
    command(`backup(${died}${full === 0 ? ', full' : ''}${abandon ? ', abandon' : ''})`, (model, real) =>
      backUp(model, real, died, full === 0, abandon),
    ),
  );
/** Chains get long only where nothing else happens for a while. */
const days = fc.array(fc.tuple(fc.nat(SIZE * 2), fc.nat(2000)), { minLength: 2, maxLength: 5 }).map((each) =>
  command(`days(${JSON.stringify(each)})`, async (model, real) => {
    for (const [n, [at, length]] of each.entries()) {
      change(model, real, 0, (old) => filled(old, at, length, (place) => ((n + place) % 255) + 1));
      change(model, real, n % 2, (old) => filled(old, at + length, 1500, () => 0));
      await backUp(model, real, [], false, false);
    }
  }),
);
const deletes = fc.tuple(fc.nat(), crashes).map(([which, died]) =>
  command(
    `delete(${which}, ${died})`,
    async (model, real) => {
      const id = picked(model, which);
      await real.delete(id, died);
      await real.requireWhole();
      tally.crashes += died.length;
      model.backups.delete(id);
    },
    hasBackups,
  ),
);
const compactions = maybeCrash.map((died) =>
  command(`compact(${died ?? ''})`, async (_, real) => {
    const before = await real.runsNamed();
    await real.compact(died);
    await real.requireWhole();
    tally.compactions += 1;
    if ((await real.runsNamed()) < before) tally.merged += 1;
  }),
);
const sweeps = fc.tuple(fc.constantFrom(1, 25), maybeCrash).map(([hours, died]) =>
  command(`sweep(${hours}, ${died ?? ''})`, async (_, real) => {
    await real.sweep(hours, died);
    await real.requireWhole();
  }),
);
const restores = fc
  .nat()
  .map((which) =>
    command(`restore(${which})`, (model, real) => compare(model, real, picked(model, which)), hasBackups),
  );
const verifies = fc
  .nat()
  .map((which) => command(`verify(${which})`, (model, real) => real.verify(picked(model, which)), hasBackups));

describe('the archive', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'rewind-model-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('restores every backup to what the disks were, whatever is done in whatever order', async () => {
    const all = [writes, writes, discards, resizes, backups, backups, days, days, deletes, compactions, compactions];
    const commands = fc.commands([...all, sweeps, restores, verifies], { maxCommands: MOST_COMMANDS, size: 'max' });
    const grains = fc.array(fc.constantFrom(64, 512, 4096), { minLength: 1, maxLength: 5 });
    let runs = 0;
    const rules = fc.record({
      compactRuns: fc.integer({ min: 2, max: 5 }),
      compactShare: fc.constantFrom(0.01, 0.1, 10),
    });
    const property = fc.asyncProperty(commands, grains, rules, async (todo, grain, given) => {
      runs += 1;
      // A file system takes its time: every fourth run has a real one, the others their target in memory.
      const root = runs % 4 === 0 ? mkdtempSync(join(folder, 'target-')) : undefined;
      const target = root === undefined ? new MemoryTarget() : new DirectoryTarget('dir', root);
      await ensureTargetInfo(target, KEY, () => '7a000000-0000-4000-8000-000000000000');
      const real = new System(target, grain, given);
      const model: Reference = { disks: DISKS.map(() => new Uint8Array(SIZE)), backups: new Map() };
      await fc.asyncModelRun(() => ({ model, real }), todo);
      await real.compact(undefined);
      for (const _ of [1, 2]) await real.sweep(25);
      for (const id of model.backups.keys()) await compare(model, real, id);
      expect(await real.leftovers()).toEqual([]);
      if (root !== undefined) rmSync(root, { recursive: true });
    });
    await fc.assert(property, { seed, numRuns: RUNS });
    expect(runs).toBeGreaterThanOrEqual(RUNS);
    // A model in which little happens proves little. Of a few runs one cannot say that each thing happened in them.
    const counts = Object.values(tally);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(RUNS);
    if (isThorough) for (const count of counts) expect(count).toBeGreaterThan(RUNS / 20);
  }, 7_200_000);
});
