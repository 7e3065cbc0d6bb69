import { type ChildProcess, spawn } from 'node:child_process';
import { stat, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { rbdName } from '../../domain/names.ts';
import type { ImageRef } from '../../domain/points/disk.ts';
import { dyingWithUs } from '../system/die-with-parent.ts';
import { childEnvironment } from '../system/process-environment.ts';
import { quietly, tool } from './host-tools.ts';
import { storeFailed } from './memory-file.ts';

export interface ExportSettings {
  conf: string;
  user: string;
}

/** An image that appears as a file of this host. */
export interface ImageExport {
  /** When it resolves, everything written is in Ceph. Safe to call twice. */
  end(): Promise<void>;
}

const READY_MS = 20_000;
const LOOK_MS = 50;
const END_MS = 20_000;

/**
 * QEMU's storage daemon serves the image through FUSE in place of an empty file
 * (https://www.qemu.org/docs/master/tools/qemu-storage-daemon.html). It dies with this process.
 */
export async function exportImage(
  { conf, user }: ExportSettings,
  ref: ImageRef,
  path: string,
  readOnly: boolean,
): Promise<ImageExport> {
  await writeFile(path, '', { mode: 0o600 });
  const source = `driver=rbd,node-name=memory,pool=${pool(ref)},image=${rbdName(ref.image)},user=${value(user)}`;
  const node = `${source},conf=${value(conf)},read-only=${readOnly ? 'on' : 'off'}`;
  const front = `type=fuse,id=memory,node-name=memory,mountpoint=${value(path)},writable=${readOnly ? 'off' : 'on'}`;
  const [file, args] = dyingWithUs('qemu-storage-daemon', ['--blockdev', node, '--export', front]);
  const child = spawn(file, args, { env: childEnvironment(process.env), stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (bytes: Buffer) => {
    said = `${said}${bytes.toString('utf8')}`.slice(-2_000);
  });
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', (error) => {
      said = `${said}${error.message}`;
      resolve();
    });
  });
  const end = () => endDaemon(child, ended, path);
  try {
    await ready(path, child, () => said);
  } catch (error) {
    await end();
    throw error;
  }
  return { end };
}

async function ready(path: string, child: ChildProcess, said: () => string): Promise<void> {
  for (const until = performance.now() + READY_MS; performance.now() < until; await sleep(LOOK_MS)) {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) break;
    if ((await stat(path)).size > 0) return;
  }
  throw storeFailed(new Error(`qemu-storage-daemon did not serve the image: ${said()}`));
}

async function endDaemon(child: ChildProcess, ended: Promise<void>, path: string): Promise<void> {
  const alive = child.pid !== undefined && child.exitCode === null && child.signalCode === null;
  // SIGTERM lets it flush and close the image.
  if (alive) child.kill('SIGTERM');
  const hard = setTimeout(() => child.kill('SIGKILL'), END_MS);
  await ended;
  clearTimeout(hard);
  await quietly(tool('umount', '--lazy', path));
}

const pool = (ref: ImageRef): string => {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(ref.pool)) return ref.pool;
  throw storeFailed(new Error('the name of a pool is malformed'));
};

/** For QEMU a value ends at a comma, and two commas stand for one. */
const value = (text: string): string => text.replaceAll(',', ',,');
