import { spawnSync } from 'node:child_process';

const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;

/** What `zstd -dc < run` makes of a stored run. The tests need zstd, as an operator without Rewind would. */
export function stockStream(run: Uint8Array): Buffer {
  const { status, stdout, error } = spawnSync('zstd', ['-dc'], { input: run, maxBuffer: MAX_OUTPUT_BYTES });
  if (error || status !== 0) throw error ?? new Error(`zstd ended with ${status}`);
  return stdout;
}
