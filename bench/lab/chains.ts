import { statSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../../test/world/lab/lab.ts';
import { filesBelow } from '../../test/world/lab/leftovers.ts';
import { changeImage, MIB } from './content.ts';
import { contentOf } from './pipes.ts';
import { AIM_RESTORE, inTurn, mib, restoredRight, type Scene, shown } from './rounds.ts';
import type { Measured } from './subject.ts';
import type { Row } from './table.ts';

const AIM_BYTES = 1.1;
const SMALL_SHARE = 0.002;
const SWEPT_MS = 120_000;
/** The last round before: the changes are to be others. */
const FIRST_ROUND = 10_000;

/** Many small increments with compaction as it comes, beside a full backup of the same content; then all but the newest go. */
export async function keptForYears(scene: Scene): Promise<Row[]> {
  const { subject, server, image, sizeBytes, small } = scene;
  const made: string[] = [];
  for (let n = 1; n <= small; n += 1) {
    await changeImage(image, sizeBytes, FIRST_ROUND + n, SMALL_SHARE);
    const { id } = await subject.backup(server, true);
    if (!(await subject.sizesOf(id)).incremental) throw new Error('a full backup was made instead of an increment');
    made.push(id);
  }
  const newest = made.at(-1) ?? scene.newest;
  const compactions = await subject.compacted();
  const expected = await contentOf(image);
  const fresh = await subject.backup(server, false);
  const ofChain: Measured[] = [];
  const ofFull: Measured[] = [];
  for (let round = 0; round < scene.rounds; round += 1) {
    await inTurn(round, [
      async () => void ofFull.push(await restoredRight(scene, fresh.id, expected)),
      async () => void ofChain.push(await restoredRight(scene, newest, expected)),
    ]);
    console.log(`  chain: fill ${shown(ofChain.at(-1)!.step)}; full: fill ${shown(ofFull.at(-1)!.step)}`);
  }
  const { stored } = await subject.sizesOf(fresh.id);
  const before = bytesBelow(join(subject.target, 'projects'));
  for (const id of await subject.backups()) if (id !== newest) await subject.delete(id);
  await subject.compacted();
  await subject.restartWorker();
  const left = await settled(subject.target);
  const again = await restoredRight(scene, newest, expected);
  console.log(
    `  ${mib(before)} before, ${mib(left)} left, a fresh full is ${mib(stored)}; restored once more: ${shown(again.step)}`,
  );
  scene.notes.push(
    `The long chain: ${small} increments of ${SMALL_SHARE * 100} % of the disk each, after a full one, with the default settings; the worker made ${compactions} compactions by itself since the beginning of the run. Then every backup but the newest was deleted: of ${mib(before)} on the target ${mib(left)} were left. All ${2 * scene.rounds + 1} restored volumes had the sha256 of the volume.`,
  );
  const steps = (many: Measured[]) => many.map((one) => one.step);
  const what = `Restore after ${small} increments, fill step`;
  const peer = 'Rewind, of a full';
  return [
    { what, ours: steps(ofChain), peer, theirs: steps(ofFull), unit: 's', aim: AIM_RESTORE },
    {
      what: 'Bytes on the target, newest kept only',
      ours: [left / MIB],
      peer: 'a fresh full',
      theirs: [stored / MIB],
      unit: 'MiB',
      aim: AIM_BYTES,
    },
  ];
}

/** What is left once nothing goes any more. */
async function settled(target: string): Promise<number> {
  let last = -1;
  let since = Date.now();
  return until('the target stays as it is', SWEPT_MS, async () => {
    const bytes = bytesBelow(join(target, 'projects'));
    if (bytes !== last) since = Date.now();
    last = bytes;
    return Date.now() - since > 15_000 ? bytes : undefined;
  });
}

const bytesBelow = (folder: string): number =>
  // What the sweep has taken meanwhile counts no more.
  filesBelow(folder).reduce(
    (sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
