import { appendFileSync, existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The one place where tests end a process: REWIND_FAULT_DIR names a folder in which every boundary is written down
 * (`places`). The file `kill-at` names the one at which this process dies, by SIGKILL, once. The file `kill-each` names
 * many, one a line, by their beginnings: at each of them one process dies once (`killed-each`), so that its successor
 * dies at the next. Nobody sets this outside of tests; without it the hook is empty.
 */
export function boundaryFromEnvironment(
  folder: string | undefined,
): (workflow: string, key: string, place: string) => void {
  if (!folder) return () => {};
  const [order, each, killed] = ['kill-at', 'kill-each', 'killed-each'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  return (workflow, key, place) => {
    const here = `${workflow} ${key} ${place}`;
    appendFileSync(join(folder, 'places'), `${here}\n`);
    const due = linesOf(each).some((one) => here.startsWith(one)) && !linesOf(killed).includes(here);
    if (due) appendFileSync(killed, `${here}\n`);
    else if (linesOf(order)[0] === here) renameSync(order, join(folder, 'killed'));
    else return;
    process.kill(process.pid, 'SIGKILL');
  };
}

const linesOf = (path: string): string[] =>
  existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : [];
