import { ProcessError } from '../system/process-error.ts';
import { runProcess } from '../system/run-child.ts';
import { storeFailed } from './memory-file.ts';

const LIMIT_MS = 60_000;
const MOST_OUTPUT_BYTES = 1024 * 1024;

/** Runs a short command of the system. @throws RewindError `memory.store-failed` */
export async function tool(file: string, ...args: string[]): Promise<string> {
  try {
    return (await runProcess({ file, args, timeoutMs: LIMIT_MS, maxStdoutBytes: MOST_OUTPUT_BYTES })).stdout;
  } catch (error) {
    throw error instanceof ProcessError ? storeFailed(error) : error;
  }
}

/** Ignores errors; for something that may be undone already. */
export const quietly = async (done: Promise<unknown>): Promise<void> => {
  await done.catch(() => undefined);
};
