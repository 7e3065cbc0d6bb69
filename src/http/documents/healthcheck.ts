import type { RequestHandler } from 'express';
import { HEALTH_CACHE_MS, HEALTH_TIMEOUT_MS, RETRY_AFTER_SECONDS } from '../../api/calls/http-settings.ts';
import { within } from '../../domain/within.ts';
import type { Log } from '../../ports/system.ts';
import { kept } from '../../telemetry/kept.ts';
import type { AppDeps, HealthCheck } from '../app-deps.ts';

/**
 * oslo.middleware's healthcheck: 200 OK, HEAD 204, 503 with reasons; text, or JSON on request. Reasons name what is not
 * healthy and never why: the log knows. It reports that no worker lives, but that is no reason to send requests
 * elsewhere: they are recorded, and done when a worker comes.
 */
export function healthcheck(
  deps: Pick<AppDeps, 'clock' | 'health' | 'log' | 'drained' | 'workersSeen'>,
): RequestHandler {
  const look = kept(deps.clock, HEALTH_CACHE_MS, async () => {
    const [reasons, workers] = await Promise.all([problems(deps.health, deps.log), workersSeen(deps)]);
    return { reasons, workers };
  });
  return async (req, res) => {
    const { reasons, workers } = deps.drained() ? { reasons: ['DISABLED BY FILE'], workers: null } : await look();
    const well = reasons.length === 0;
    res.setHeader('Cache-Control', 'no-store');
    if (!well) res.setHeader('Retry-After', String(RETRY_AFTER_SECONDS));
    if (req.method === 'HEAD') {
      res.status(well ? 204 : 503).end();
      return;
    }
    const said = well ? ['OK', ...(workers === 0 ? [NO_WORKERS] : [])] : reasons;
    res.status(well ? 200 : 503);
    if (req.accepts(['text/plain', 'application/json']) === 'application/json')
      res.json({ detailed: false, reasons: said, ...(workers !== null && { workers }) });
    else res.type('text/plain').send(`${said.join('\n')}\n`);
  };
}

async function problems(checks: readonly HealthCheck[], log: Log): Promise<string[]> {
  const reasons = await Promise.all(
    checks.map(async ({ name, probe }) => {
      try {
        await within(HEALTH_TIMEOUT_MS, probe);
        return null;
      } catch (error) {
        log.warn('not healthy', { check: name, err: error });
        return `${name}: unavailable`;
      }
    }),
  );
  return reasons.filter((reason) => reason !== null);
}

const NO_WORKERS = 'workers: none was heard of lately';

/** Null: unknown. */
async function workersSeen({ workersSeen, log }: Pick<AppDeps, 'workersSeen' | 'log'>): Promise<number | null> {
  if (!workersSeen) return null;
  try {
    return await within(HEALTH_TIMEOUT_MS, workersSeen);
  } catch (error) {
    log.warn('not healthy', { check: 'workers', err: error });
    return null;
  }
}
