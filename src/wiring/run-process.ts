import { EXIT } from '../cli/command-line/command.ts';
import type { Config } from '../config/load-config.ts';
import { asRewindError, hasCode } from '../domain/errors.ts';
import { describeError } from '../telemetry/describe-error.ts';
import { leave } from './leave.ts';
import type { Running } from './running.ts';
import type { Shared } from './shared.ts';

type Made = Pick<Shared, 'log' | 'db'> & Partial<Pick<Shared, 'openstack'>> & { config: Pick<Config, 'shutdown'> };

/** Runs a role until SIGTERM or SIGINT, then drains. A second signal ends it at once. */
export async function runProcess<P extends Made>(
  make: () => P | Promise<P>,
  start: (parts: P) => Promise<Running[]>,
): Promise<void> {
  const made = await (async () => make())().catch(refuse);
  const { log, config } = made;
  process.on('unhandledRejection', (reason) => log.error('a rejection nobody handled', { err: reason }));
  const parts = await start(made).catch(refuse);
  let stopping = false;
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    if (stopping) process.exit(1);
    stopping = true;
    log.info('draining', { signal });
    const limit = setTimeout(() => process.exit(1), (config.shutdown.drainSeconds + 5) * 1000);
    limit.unref();
    await Promise.allSettled(parts.map((part) => part.drain()));
    await made.db.destroy();
    made.openstack?.close();
    log.info('drained');
    await leave(0);
  };
  process.on('SIGTERM', (signal) => void stop(signal));
  process.on('SIGINT', (signal) => void stop(signal));
}

/** Prints an error on stderr. `who`: the program that failed. */
export function complain(who: string, error: unknown): void {
  const known = asRewindError(error);
  process.stderr.write(`${who}: ${known.message}${known.hint ? `\n  ${known.hint}` : ''}\n`);
  if (known.fault === 'bug' || known.cause) process.stderr.write(`${JSON.stringify(describeError(error))}\n`);
}

/** Prints the reason that keeps a process from starting in words, without a stack. */
export function refuse(error: unknown): Promise<never> {
  complain('rewind', error);
  return leave(hasCode(error, 'admin.usage') ? EXIT.usage : EXIT.failed);
}
