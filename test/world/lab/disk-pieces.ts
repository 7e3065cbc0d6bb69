import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PROJECT_ROOT } from './lab.ts';

const SCRIPT = join(PROJECT_ROOT, 'test/world/lab/disk_pieces.py');

/**
 * So many pieces of 64 MiB, 3 GiB apart, on the root disk of a stopped server: random ones are written, or they are read.
 * Resolves with the SHA-256 of each.
 */
export async function diskPieces(what: 'write' | 'hash', server: string, count: number): Promise<string[]> {
  const { stdout } = await promisify(execFile)('/usr/bin/python3', [SCRIPT, what, 'vms', `${server}_disk`, `${count}`]);
  return stdout.trim().split('\n');
}
