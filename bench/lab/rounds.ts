import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { rbd } from '../../test/world/lab/lab.ts';
import type { Tenant } from '../../test/world/lab/tenant.ts';
import {
  cinderBackup,
  dropCinderBackup,
  dropImage,
  dropVolume,
  imageOf,
  makeFilledVolume,
  makeServerOf,
  NAME,
} from './cloud.ts';
import { changeImage, MIB } from './content.ts';
import { contentOf, exportPipe, importPipe, type PipeTimes, seconds } from './pipes.ts';
import type { Measured, Subject } from './subject.ts';
import type { Row } from './table.ts';

const AIM_FULL = 1.3;
export const AIM_RESTORE = 1.1;

export interface Settings {
  rounds: number;
  increments: number;
  /** Small ones, for a long chain. */
  small: number;
  mebibytes: number;
}

/** As the tables and notes write it. */
export const mib = (bytes: number): string => `${(bytes / MIB).toFixed(bytes < 100 * MIB ? 1 : 0)} MiB`;

export interface Scene extends Settings {
  who: Tenant;
  subject: Subject;
  /** One that encrypts. */
  sealed: Subject;
  server: string;
  image: string;
  /** A detached volume with the same content, for Cinder. */
  twin: string;
  sizeBytes: number;
  /** Of the bare pipe's files. */
  folder: string;
  /** Newest backup of the chain. */
  newest: string;
  notes: string[];
}

const snapOf = (n: number): string => `bench-${n}`;
export const shown = (value: number): string => value.toFixed(2).padStart(6);

export async function prepare(
  who: Tenant,
  subjects: Pick<Scene, 'subject' | 'sealed'>,
  settings: Settings,
  notes: string[],
): Promise<Scene> {
  const volume = await makeFilledVolume(who, settings.mebibytes);
  const twin = await makeFilledVolume(who, settings.mebibytes);
  const image = imageOf(volume);
  if ((await contentOf(image)) !== (await contentOf(imageOf(twin)))) throw new Error('the two volumes differ');
  const server = await makeServerOf(who, volume);
  await rbd('snap', 'create', '--no-progress', `${image}@${snapOf(0)}`);
  const sizeBytes = settings.mebibytes * MIB;
  const { folder } = subjects.subject;
  return { ...settings, ...subjects, who, server, image, twin, sizeBytes, folder, newest: '', notes };
}

/** Each once, in this order or in the other. */
export async function inTurn(round: number, acts: readonly (() => Promise<void>)[]): Promise<void> {
  for (const act of round % 2 === 0 ? acts : acts.toReversed()) await act();
}

export async function fullBackups(scene: Scene): Promise<Row[]> {
  const { who, subject, sealed, server, image, folder } = scene;
  const ours: Measured[] = [];
  const encrypted: Measured[] = [];
  const pipes: PipeTimes[] = [];
  const cinder: number[] = [];
  const file = join(folder, 'full.zst');
  for (let round = 0; round < scene.rounds; round += 1) {
    await inTurn(round, [
      async () => void pipes.push(await exportPipe(image, snapOf(0), null, file)),
      async () => void encrypted.push(await sealed.backup(server, false)),
      async () => void ours.push(await subject.backup(server, false)),
      async () => {
        let id = '';
        cinder.push(
          await seconds(async () => {
            id = await cinderBackup(who, scene.twin);
          }),
        );
        await dropCinderBackup(who, id);
      },
    ]);
    const [one, pipe] = [ours.at(-1)!, pipes.at(-1)!];
    console.log(
      `  export ${shown(one.step)}, encrypted ${shown(encrypted.at(-1)!.step)}, whole ${shown(one.whole)}; pipe ${shown(pipe.pipe)}, synced ${shown(pipe.synced)}; Cinder ${shown(cinder.at(-1)!)}`,
    );
  }
  // The base of what follows: the other installation's backups took its snap away.
  scene.newest = (await subject.backup(server, false)).id;
  const { stored } = await subject.sizesOf(scene.newest);
  scene.notes.push(`A full backup is ${mib(stored)}; the bare pipe's file is ${mib(statSync(file).size)}.`);
  await dropVolume(who, scene.twin);
  const steps = ours.map((one) => one.step);
  const wholes = ours.map((one) => one.whole);
  const row = (what: string, mine: number[], peer: string, theirs: number[], aim?: number): Row => ({
    ...{ what, ours: mine, peer, theirs, unit: 's' },
    ...(aim === undefined ? {} : { aim }),
  });
  return [
    row(
      'Full backup, export step',
      steps,
      'bare pipe',
      pipes.map((one) => one.pipe),
      AIM_FULL,
    ),
    row(
      'Full backup encrypted, export step',
      encrypted.map((one) => one.step),
      'bare pipe',
      pipes.map((one) => one.pipe),
      AIM_FULL,
    ),
    row(
      'Full backup encrypted, export step',
      encrypted.map((one) => one.step),
      'Rewind, in clear',
      steps,
    ),
    row(
      'Full backup, export step',
      steps,
      'bare pipe, synced',
      pipes.map((one) => one.synced),
    ),
    row('Full backup, whole', wholes, 'Cinder backup, whole', cinder),
  ];
}

export async function increments(scene: Scene): Promise<Row[]> {
  const { subject, server, image, folder } = scene;
  const ours: Measured[] = [];
  const pipes: PipeTimes[] = [];
  const file = join(folder, 'increment.zst');
  let [changed, stored, theirs] = [0, 0, 0];
  for (let n = 1; n <= scene.increments; n += 1) {
    await changeImage(image, scene.sizeBytes, n);
    await rbd('snap', 'create', '--no-progress', `${image}@${snapOf(n)}`);
    await inTurn(n, [
      async () => void pipes.push(await exportPipe(image, snapOf(n), snapOf(n - 1), file)),
      async () => void ours.push(await subject.backup(server, true)),
    ]);
    await rbd('snap', 'rm', '--no-progress', `${image}@${snapOf(n - 1)}`);
    const sizes = await subject.sizesOf(ours.at(-1)!.id);
    if (!sizes.incremental) throw new Error('a full backup was made instead of an increment');
    changed += sizes.changed;
    stored += sizes.stored;
    theirs += pipes.at(-1)!.bytes;
  }
  scene.newest = ours.at(-1)!.id;
  const each = (sum: number) => mib(sum / scene.increments);
  scene.notes.push(
    `An increment: 1 % of the disk, in pieces of 64 KiB at scattered places; on average ${each(changed)} changed, ${each(stored)} stored, the bare pipe's file ${each(theirs)}.`,
  );
  const steps = ours.map((one) => one.step);
  const synced = pipes.map((one) => one.synced);
  const wholes = ours.map((one) => one.whole);
  console.log(`  export ${steps.map(shown).join('')}\n  pipe   ${synced.map(shown).join('')}`);
  return [
    { what: 'Increment, export step', ours: steps, peer: 'bare pipe, synced', theirs: synced, unit: 's' },
    { what: 'Increment, whole', ours: wholes, peer: 'bare pipe, synced', theirs: synced, unit: 's' },
  ];
}

/** The end of the chain, and the same content as one full backup, in turns. */
export async function restores(scene: Scene): Promise<Row[]> {
  const { subject, server, image, folder, sizeBytes } = scene;
  const chain = scene.newest;
  // As in an installation: what its workers do by themselves within a minute.
  const compactions = await subject.compacted();
  const flat = await subject.backup(server, false);
  const expected = await contentOf(`${image}@${snapOf(scene.increments)}`);
  const file = join(folder, 'last.zst');
  await exportPipe(image, snapOf(scene.increments), null, file);
  const ofChain: Measured[] = [];
  const ofFull: Measured[] = [];
  const pipes: number[] = [];
  for (let round = 0; round < scene.rounds; round += 1) {
    await inTurn(round, [
      async () => {
        const { image: draft, pipe } = await importPipe(file, sizeBytes);
        pipes.push(pipe);
        await dropImage(draft);
      },
      async () => void ofFull.push(await restoredRight(scene, flat.id, expected)),
      async () => void ofChain.push(await restoredRight(scene, chain, expected)),
    ]);
    const [one, other] = [ofChain.at(-1)!, ofFull.at(-1)!];
    console.log(
      `  chain: fill ${shown(one.step)}, whole ${shown(one.whole)}; full: fill ${shown(other.step)}, whole ${shown(other.whole)}; pipe ${shown(pipes.at(-1)!)}`,
    );
  }
  rmSync(file);
  scene.notes.push(
    `Restores: mode \`volumes\`. All ${2 * scene.rounds} restored volumes had the sha256 of the snapshot that was backed up. Compactions that the worker had made by itself before: ${compactions}.`,
  );
  const steps = (many: Measured[]) => many.map((one) => one.step);
  const wholes = (many: Measured[]) => many.map((one) => one.whole);
  const after = `Restore after ${scene.increments} increments`;
  return [
    {
      what: `${after}, fill step`,
      ours: steps(ofChain),
      peer: 'Rewind, of a full',
      theirs: steps(ofFull),
      unit: 's',
      aim: AIM_RESTORE,
    },
    { what: `${after}, whole`, ours: wholes(ofChain), peer: 'Rewind, of a full', theirs: wholes(ofFull), unit: 's' },
    { what: 'Restore of a full, fill step', ours: steps(ofFull), peer: 'bare pipe back', theirs: pipes, unit: 's' },
  ];
}

export async function restoredRight(scene: Scene, backupId: string, expected: string): Promise<Measured> {
  const restore = await scene.subject.restore(backupId, `${NAME}-back`);
  const volume = await scene.subject.volumeOf(restore.id);
  if ((await contentOf(imageOf(volume))) !== expected) throw new Error('what was restored is not what was backed up');
  await dropVolume(scene.who, volume);
  return restore;
}
