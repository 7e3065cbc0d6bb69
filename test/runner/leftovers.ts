import { syncBuiltinESMExports } from 'node:module';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';

const PATIENCE_MS = 2_000;
const LOOK_MS = 10;

let nock: typeof import('nock').default | undefined;

export interface Before {
  env: NodeJS.ProcessEnv;
  folder: string;
  exit: typeof process.exit;
  console: Console;
  open: string[];
}

export function before(): Before {
  const { exit } = process;
  return { env: { ...process.env }, folder: process.cwd(), exit, console, open: process.getActiveResourcesInfo() };
}

/** The next file of this process finds it as this one did. */
export function putBack({ env, folder, exit, console }: Before): void {
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  Object.assign(process.env, env);
  process.chdir(folder);
  process.exit = exit;
  globalThis.console = console;
  if (!nock?.isActive()) return;
  nock.abortPendingRequests();
  nock.cleanAll();
  nock.enableNetConnect();
  nock.restore();
  syncBuiltinESMExports();
}

/** Handles that keep a process alive and were not open before: timers, sockets, servers, children. Some need a moment to close. */
export async function leftOpen(earlier: Before): Promise<string[]> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const known = [...earlier.open];
    const open = process.getActiveResourcesInfo().filter((name) => {
      const at = known.indexOf(name);
      if (at >= 0) known.splice(at, 1);
      // nock's sockets are never connected and keep nothing alive.
      return at < 0 && !(name === 'TCPSocketWrap' && nock?.isActive());
    });
    if (open.length === 0 || performance.now() > deadline) return open;
    await pause(LOOK_MS, undefined, { ref: false });
  }
}

/** nock patches `node:http`, also for sources that are loaded already: for the files that import it, not for those after them. */
export async function patchHttp(): Promise<void> {
  nock = (await import('nock')).default;
  if (!nock.isActive()) nock.activate();
  syncBuiltinESMExports();
}
