import { appendFileSync, existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The one place where tests end a worker: REWIND_FAULT_DIR names a folder in which every boundary is written down
 * (`places`), and in which the file `kill-at` names the one at which this process dies, by SIGKILL, once.
 * Nobody sets this outside of tests; without it the hook is empty.
 */
export function boundaryFromEnvironment(
  folder: string | undefined,
): (workflow: string, key: string, place: string) => void {
  if (!folder) return () => {};
  return (workflow, key, place) => {
    const here = `${workflow} ${key} ${place}`;
    appendFileSync(join(folder, 'places'), `${here}\n`);
    const order = join(folder, 'kill-at');
    if (!existsSync(order) || readFileSync(order, 'utf8').trim() !== here) return;
    renameSync(order, join(folder, 'killed'));
    process.kill(process.pid, 'SIGKILL');
  };
}
