import { EXIT } from '../command-line/command.ts';
import { asRewindError, hasCode } from '../domain/errors.ts';
import { describeError } from '../telemetry/describe-error.ts';
import { leave } from './leave.ts';
import type { Running } from './running.ts';
import { makeShared, type Shared } from './shared.ts';

/** Runs a role until SIGTERM or SIGINT, then drains. A second signal ends it at once. */
export async function runProcess(role: string, start: (shared: Shared) => Promise<Running[]>): Promise<void> {
  const shared = await makeShared(role).catch(refuse);
  const { log, config } = shared;
  process.on('unhandledRejection', (reason) => log.error('a rejection nobody handled', { err: reason }));
  const parts = await start(shared).catch(refuse);
  let stopping = false;
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    if (stopping) process.exit(1);
    stopping = true;
    log.info('draining', { signal });
    const limit = setTimeout(() => process.exit(1), (config.shutdown.drainSeconds + 5) * 1000);
    limit.unref();
    await Promise.allSettled(parts.map((part) => part.drain()));
    await shared.db.destroy();
    shared.openstack.close();
    log.info('drained');
    await leave(0);
  };
  process.on('SIGTERM', (signal) => void stop(signal));
  process.on('SIGINT', (signal) => void stop(signal));
}

/** What keeps a process from starting is told in words, without a stack. */
export function refuse(error: unknown): Promise<never> {
  const known = asRewindError(error);
  process.stderr.write(`rewind: ${known.message}${known.hint ? `\n  ${known.hint}` : ''}\n`);
  if (known.fault === 'bug' || known.cause) process.stderr.write(`${JSON.stringify(describeError(error))}\n`);
  return leave(hasCode(error, 'admin.usage') ? EXIT.usage : EXIT.failed);
}
