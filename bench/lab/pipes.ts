import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { promisify } from 'node:util';
import { rbd } from '../../test/world/lab/lab.ts';
import { NAME } from './cloud.ts';

const run = promisify(execFile);

export interface PipeTimes {
  /** Until the pipe has ended. Seconds. */
  pipe: number;
  /** Until its file is on the disk, which Rewind waits for too. */
  synced: number;
  bytes: number;
}

export async function seconds(act: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await act();
  return (performance.now() - start) / 1000;
}

const shell = async (script: string): Promise<string> =>
  (await run('bash', ['-o', 'pipefail', '-c', script], { timeout: 600_000 })).stdout;

/** `rbd export-diff | zstd -1 -T0 > file`: what a careful administrator would type. */
export async function exportPipe(image: string, snap: string, from: string | null, file: string): Promise<PipeTimes> {
  const since = from === null ? '' : `--from-snap ${from}`;
  const script = `rbd export-diff --no-progress ${since} ${image}@${snap} - | zstd -q -1 -T0 > ${file}`;
  const pipe = await seconds(() => shell(script));
  const sync = await seconds(() => shell(`sync ${file}`));
  return { pipe, synced: pipe + sync, bytes: statSync(file).size };
}

/** The way back of the same: `zstd -d < file | rbd import-diff` into a new image, whose name is returned. */
export async function importPipe(file: string, sizeBytes: number): Promise<{ image: string; pipe: number }> {
  const image = `volumes/${NAME}-draft`;
  const pipe = await seconds(async () => {
    await rbd('create', '--no-progress', '--size', `${sizeBytes}B`, image);
    await shell(`zstd -q -d < ${file} | rbd import-diff --no-progress - ${image}`);
  });
  return { image, pipe };
}

/** sha256 of all bytes of an image or snap. */
export const contentOf = async (spec: string): Promise<string> =>
  (await shell(`rbd export --no-progress ${spec} - | openssl dgst -sha256 -r`)).slice(0, 64);
