import { spawnSync } from 'node:child_process';
import { childEnvironment } from './process-environment.ts';

const SETPRIV = ['setpriv', '--pdeathsig', 'KILL', '--'] as const;
const CHECK_LIMIT_MS = 5_000;

/**
 * The command that makes the kernel kill the child when this process dies, even by SIGKILL: a stray `rbd` must not go
 * on writing while another worker has taken the operation over. Without util-linux's `setpriv` the command is
 * unchanged; see `childrenDieWithUs`.
 */
export function dyingWithUs(file: string, args: readonly string[]): [file: string, args: string[]] {
  if (!childrenDieWithUs()) return [file, [...args]];
  return [SETPRIV[0], [...SETPRIV.slice(1), file, ...args]];
}

let found: boolean | undefined;

/** Whether `setpriv` is there; looked up once. If it is not, the process should log that at its start. */
export function childrenDieWithUs(): boolean {
  if (found === undefined) {
    const [file, ...args] = SETPRIV;
    const options = { env: childEnvironment(process.env), stdio: 'ignore', timeout: CHECK_LIMIT_MS } as const;
    found = spawnSync(file, [...args, 'true'], options).status === 0;
  }
  return found;
}
