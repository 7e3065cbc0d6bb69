import { createCeph } from '../adapters/ceph/ceph.ts';
import type { Manifest, ManifestDisk } from '../archive/manifest.ts';
import { allManifests } from '../archive/manifests.ts';
import { restoreStream } from '../archive/restore-stream.ts';
import { loadStorageConfig, type StorageConfig } from '../config/load-config.ts';
import type { ImageRef } from '../domain/disk.ts';
import { RewindError } from '../domain/errors.ts';
import type { Target } from '../ports/target.ts';
import { readArguments } from './admin-arguments.ts';
import { readingKeysFrom } from './key-ring.ts';
import { archiveOf } from './settings-of.ts';

export const RESCUE_USAGE = `  with nothing but a target, its key and rbd; no cloud, no database, no Redis:
       rewind admin points [--target NAME] [--project ID] [--server ID]
                                   what lies on a target: backup, moment, server, disks
       rewind admin restore BACKUP --disk ID [--target NAME] --to POOL/IMAGE
                                   a disk's content as a new image
       rewind admin restore BACKUP --disk ID [--target NAME] -
                                   the same as a stream for rbd import-diff, on stdout
`;

/** False when a manifest could not be read: it is named, and the others are listed all the same. */
export async function listPoints(args: readonly string[]): Promise<boolean> {
  const { options, words } = readArguments(args, ['target', 'project', 'server'], RESCUE_USAGE);
  if (words.length > 0) throw misunderstood();
  const { target, key } = await storageOf(loadStorageConfig(), options.get('target'));
  const [project, server] = [options.get('project'), options.get('server')];
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
    } else process.stdout.write(pointText(found.manifest));
  }
  return good;
}

/** Ends with an image that is whole, or with none. */
export async function restoreDisk(args: readonly string[]): Promise<boolean> {
  const { options, words } = readArguments(args, ['target', 'disk', 'to'], RESCUE_USAGE);
  const [backupId, dash, ...more] = words;
  const to = options.get('to');
  if (!backupId || more.length > 0 || (dash === '-') === (to !== undefined)) throw misunderstood();
  const config = loadStorageConfig();
  const { target, key } = await storageOf(config, options.get('target'));
  const keys = readingKeysFrom(config, key);
  const disk = diskOf(await manifestOf(target, key, backupId), options.get('disk'));
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
  const lines = disks.map((disk) => `    disk ${diskText(disk)}, ${disk.runs.length} runs\n`);
  return `${head}${name === null ? '' : `  ${JSON.stringify(name)}`}\n${lines.join('')}`;
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
  if (!pool || !image || more.length > 0) throw misunderstood();
  return { pool, image };
}

/** A line a tenth, on stderr: a log of three in the morning is read afterwards. */
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

const misunderstood = (): RewindError =>
  new RewindError('admin.usage', 'These arguments are not understood.', { hint: RESCUE_USAGE });
