import { describe, expect, it } from '@jest/globals';
import { runObject, runsPrefix } from '../../../src/archive/format/layout.ts';
import { noKeys } from '../../../src/archive/keys/no-keys.ts';
import type { RunRef } from '../../../src/archive/manifests/manifest.ts';
import type { ExtentRecord } from '../../../src/rbd-diff/records.ts';
import type { Workflow } from '../../../src/workflow-engine/workflow.ts';
import { repairBackup } from '../../../src/workflows/recipes/repair-backup.ts';
import { exportDisk } from '../../../src/workflows/steps/backup/export-disk.ts';
import { mergeDisk } from '../../../src/workflows/steps/backup/merge-disk.ts';
import type { AnyRecipeStep, World } from '../../../src/workflows/world.ts';
import { hastyClock, newOperation, recipeBench } from '../../world/engine-bench.ts';
import {
  backupId,
  diskEntry,
  diskId,
  PROJECT,
  place,
  refOf,
  SERVER,
  snapOf,
  store,
} from '../archive/support/backups.ts';
import { contentOf } from '../archive/support/content.ts';
import { MemoryTarget } from '../archive/support/memory-target.ts';
import { chunked, data, sourceOf, streamOf } from '../archive/support/streams.ts';

const SIZE = 8192;
const BACKUP = 2;
const MINE: ExtentRecord[] = [data(0, 'what the disk holds')];
const FORGED: ExtentRecord[] = [data(0, 'what somebody wants to be restored')];

interface Planting {
  step: AnyRecipeStep;
  input: object;
  /** Whose id is in the names of the runs that the step writes: the backup's, or the operation's. */
  ofBackup: boolean;
  base: number | null;
}

/** A target with two runs of a disk, and a recipe of one step that writes a third. */
async function scene(crashAt?: (place: string) => boolean) {
  const target = new MemoryTarget();
  const first = await store(target, 1, 0, null, SIZE, [data(0, 'older')]);
  const second = await store(target, 1, 1, 0, SIZE, MINE);
  const writes = { count: 0 };
  const world = {
    targets: { get: () => target },
    ceph: {
      exportDiff: (_image: unknown, toSnap: string, fromSnap: string | undefined) => {
        writes.count += 1;
        async function* whole() {
          yield* chunked(await streamOf({ fromSnap: fromSnap ?? null, toSnap, sizeBytes: SIZE }, MINE), 1000);
        }
        return sourceOf(whole());
      },
    },
    clock: hastyClock(),
    keys: noKeys,
    settings: { zstdLevel: 1, maxBytesPerSecond: 0 },
  } as unknown as World;
  const runs = [refOf(second), refOf(first)];
  const common = { diskId: diskId(1), serverId: SERVER, target: 'memory', image: { pool: 'p', image: 'i' } };
  const again = repairBackup.steps.find((one) => one.name === 'export-again')!;
  const steps: Record<string, Planting> = {
    'export-disk': {
      step: exportDisk,
      input: { ...common, backupId: backupId(BACKUP), snap: snapOf(BACKUP), fromSnap: null },
      ofBackup: true,
      base: null,
    },
    'merge-disk': { step: mergeDisk, input: { ...common, runs }, ofBackup: false, base: null },
    'export-again': {
      step: again as AnyRecipeStep,
      input: { ...common, snap: snapOf(BACKUP) },
      ofBackup: false,
      base: null,
    },
  };
  const bench = async (name: string) => {
    const { step, input } = steps[name]!;
    const outputs: unknown[] = [];
    const workflow: Workflow<World> = {
      name: 'create-backup/1',
      steps: [step],
      async run(run) {
        outputs.push(await run.step(step, input));
        return {};
      },
      ended: () => ({}),
    };
    const operation = { ...newOperation(), project_id: PROJECT, input: {} };
    const made = await recipeBench({ world, workflow, operation }, crashAt);
    return { ...made, outputs, id: steps[name]!.ofBackup ? backupId(BACKUP) : operation.id };
  };
  /** What somebody who writes to the target, and has no key of ours, puts where a run of ours could be. */
  const plant = async (name: string, id: string, fence: number) => {
    const to = name === 'merge-disk' ? 1 : BACKUP;
    await store(target, 1, to, null, SIZE, FORGED, { object: runObject(place(1), id, fence) });
  };
  const content = async (output: unknown, name: string): Promise<string> => {
    const run = ((output as { run?: RunRef }).run ?? output) as RunRef;
    const snap = snapOf(name === 'merge-disk' ? 1 : BACKUP);
    const disk = { ...diskEntry(1, BACKUP, [{ ...first, ...run }]), runs: [run], size_bytes: SIZE, snap };
    return Buffer.from(await contentOf(target, disk)).toString();
  };
  return { target, writes, bench, plant, content };
}

const STEPS = ['export-disk', 'merge-disk', 'export-again'];

describe('a run that somebody else put where ours could be', () => {
  it.each(STEPS)('%s: is not taken up by the first attempt', async (name) => {
    const { bench, plant, content } = await scene();
    const one = await bench(name);
    for (const fence of [0, 2, 9]) await plant(name, one.id, fence);
    await one.execute();
    expect(await content(one.outputs[0], name)).toContain('what the disk holds');
    await one.close();
  });

  it.each(STEPS)('%s: is not taken up by a worker that goes on for a dead one', async (name) => {
    const { bench, plant, content } = await scene((at) => at.endsWith(':before-act'));
    const one = await bench(name);
    await one.execute();
    await plant(name, one.id, 1);
    await one.execute();
    expect(await content(one.outputs[0], name)).toContain('what the disk holds');
    await one.close();
  });

  it.each(STEPS)('%s: not in the place of one that a dead worker wrote either', async (name) => {
    const { target, bench, plant, content } = await scene((at) => at.endsWith(':after-act'));
    const one = await bench(name);
    await one.execute();
    const mine = runObject(place(1), one.id, 1);
    expect(target.objects.has(mine)).toBe(true);
    target.objects.delete(mine);
    await plant(name, one.id, 1);
    await one.execute();
    expect(await content(one.outputs[0], name)).toContain('what the disk holds');
    await one.close();
  });
});

describe('a run that a dead worker wrote', () => {
  it.each(STEPS)('%s: is taken up', async (name) => {
    const { target, bench, content } = await scene((at) => at.endsWith(':after-act'));
    const one = await bench(name);
    await one.execute();
    await one.execute();
    const written = (await Array.fromAsync(target.list(runsPrefix(place(1))))).filter((run) => run.includes(one.id));
    expect(written).toEqual([runObject(place(1), one.id, 1)]);
    expect(await content(one.outputs[0], name)).toContain('what the disk holds');
    await one.close();
  });

  it('has no name before the journal knows it', async () => {
    const { target, bench } = await scene();
    const one = await bench('export-disk');
    one.journal.note = async () => {
      throw new Error('the database is gone');
    };
    expect(await one.execute()).not.toBe('succeeded');
    expect((await Array.fromAsync(target.list(runsPrefix(place(1))))).filter((run) => run.includes(one.id))).toEqual(
      [],
    );
    await one.close();
  });
});
