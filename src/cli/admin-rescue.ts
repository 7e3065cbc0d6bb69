import { createCeph } from '../adapters/ceph/rbd-ceph.ts';
import type { Manifest, ManifestDisk } from '../archive/manifests/manifest.ts';
import { allManifests } from '../archive/manifests/manifests.ts';
import { restoreStream } from '../archive/runs/restore-stream.ts';
import { loadStorageConfig, type StorageConfig } from '../config/load-config.ts';
import { RewindError } from '../domain/errors.ts';
import type { ImageRef } from '../domain/points/disk.ts';
import type { Target } from '../ports/target.ts';
import { readingKeysFrom } from '../wiring/key-ring.ts';
import { archiveOf } from '../wiring/settings-of.ts';
import type { Given } from './command-line/command.ts';

/** False when a manifest could not be read: it is named, and the others are listed all the same. */
export async function listPoints({ values, out }: Given): Promise<boolean> {
  const { target, key } = await storageOf(loadStorageConfig(), values.get('target'));
  const [project, server] = [values.get('project'), values.get('server')];
  let good = true;
  const points = allManifests(
    target,
    key,
    ({ projectId, serverId }) => (project ?? projectId) === projectId && (server ?? serverId) === serverId,
  );
  for await (const found of points) {
    if ('error' in found) {
      good = false;
      process.stderr.write(`unreadable  ${found.ids.backupId}: ${found.error.message} [${found.error.code}]\n`);
    } else out.row(pointFacts(found.manifest), pointText(found.manifest));
  }
  return good;
}

/** Ends with a complete image, or with none. */
export async function restoreDisk({ values, words: [backupId = '', dash] }: Given): Promise<boolean> {
  const to = values.get('to');
  if ((dash !== undefined && dash !== '-') || (dash === '-') === (to !== undefined)) throw whereTo();
  const config = loadStorageConfig();
  const { target, key } = await storageOf(config, values.get('target'));
  const keys = readingKeysFrom(config, key);
  const disk = diskOf(await manifestOf(target, key, backupId), values.get('disk'));
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => stop.abort(new RewindError('operation.cancelled', 'It was broken off.')));
  }
  const stream = restoreStream({
    runs: disk.runs,
    sizeBytes: disk.size_bytes,
    toSnap: disk.snap,
    target,
    keys,
    signal: stop.signal,
    ...(to === undefined ? {} : { onProgress: progressOf(disk.size_bytes) }),
  });
  if (to === undefined) await toStdout(stream);
  else await toImage(config, imageOf(to), disk, stream, stop.signal);
  return true;
}

async function toStdout(stream: AsyncIterable<Uint8Array>): Promise<void> {
  if (process.stdout.isTTY) throw new RewindError('admin.usage', 'A disk is not written to a terminal.');
  for await (const chunk of stream) await new Promise((taken) => process.stdout.write(chunk, taken));
}

async function toImage(
  config: StorageConfig,
  image: ImageRef,
  disk: ManifestDisk,
  stream: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  const ceph = createCeph(config.ceph);
  if (await ceph.imageInfo(image)) {
    throw new RewindError('ceph.exists', `There is an image ${image.pool}/${image.image} already.`, {
      hint: 'Name one that does not exist: nothing is overwritten.',
    });
  }
  await ceph.createImage(image, disk.size_bytes);
  try {
    await ceph.importDiff(image, stream, signal);
    await ceph.removeSnap(image, disk.snap);
  } catch (error) {
    await ceph.removeSnap(image, disk.snap);
    await ceph.removeImage(image);
    throw error;
  }
  process.stderr.write(`${image.pool}/${image.image} is whole: ${disk.size_bytes} bytes\n`);
}

async function manifestOf(target: Target, key: Uint8Array, backupId: string): Promise<Manifest> {
  for await (const found of allManifests(target, key, (ids) => ids.backupId === backupId)) {
    if ('error' in found) throw found.error;
    return found.manifest;
  }
  throw new RewindError('backup.not-found', `There is no backup ${backupId} on target ${target.name}.`);
}

function diskOf({ disks }: Manifest, id: string | undefined): ManifestDisk {
  const disk = disks.find((one) => one.id === id);
  if (disk) return disk;
  throw new RewindError('disk.unknown', `Which disk? It has ${disks.map(diskText).join(', ')}.`);
}

function pointText({ backup, disks }: Manifest): string {
  const { id, data_timestamp, project_id, server_id, server_name, name } = backup;
  const head = `${id}  ${data_timestamp}  project ${project_id}  server ${server_id} ${JSON.stringify(server_name)}`;
  const lines = disks.map((disk) => `\n    disk ${diskText(disk)}, ${disk.runs.length} runs`);
  return `${head}${name === null ? '' : `  ${JSON.stringify(name)}`}${lines.join('')}`;
}

function pointFacts({ backup, disks }: Manifest): Record<string, unknown> {
  const { id, data_timestamp, project_id, server_id, server_name, name } = backup;
  const facts = disks.map(({ id, kind, device, size_bytes, runs }) => ({
    id,
    kind,
    device,
    size_bytes,
    runs: runs.length,
  }));
  return { id, data_timestamp, project_id, server_id, server_name, name, disks: facts };
}

const diskText = ({ id, kind, device, size_bytes }: ManifestDisk): string =>
  `${id} (${kind}, ${device ?? 'no device'}, ${size_bytes} bytes)`;

async function storageOf(
  config: StorageConfig,
  name: string | undefined,
): Promise<{ target: Target; key: Uint8Array }> {
  const { key, targets } = await archiveOf(config);
  return { target: targets.get(name ?? targets.defaultName), key };
}

function imageOf(text: string): ImageRef {
  const [pool, image, ...more] = text.split('/');
  if (!pool || !image || more.length > 0) throw whereTo();
  return { pool, image };
}

/** Prints a line for each tenth, on stderr: a log from three in the morning is read afterwards. */
function progressOf(sizeBytes: number): (bytes: number) => void {
  let done = 0;
  let told = 0;
  return (bytes) => {
    done += bytes;
    const tenths = Math.floor((10 * done) / Math.max(sizeBytes, 1));
    if (tenths <= told) return;
    told = tenths;
    process.stderr.write(`${done} bytes of at most ${sizeBytes}\n`);
  };
}

const whereTo = (): RewindError =>
  new RewindError('admin.usage', 'Where to? Either --to POOL/IMAGE, or - for a stream on stdout.');
