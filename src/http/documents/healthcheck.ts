import type { RequestHandler } from 'express';
import type { Clock, Log } from '../../ports/system.ts';
import type { AppDeps, HealthCheck } from '../deps.ts';
import { HEALTH_CACHE_MS, HEALTH_TIMEOUT_MS, RETRY_AFTER_SECONDS } from '../settings.ts';

/**
 * oslo.middleware's healthcheck: 200 OK, HEAD 204, 503 with reasons; text, or JSON when asked for. Reasons name what
 * is not well and never why: the log knows.
 */
export function healthcheck(deps: AppDeps): RequestHandler {
  const reasonsNow = cached(deps.clock, () => problems(deps.health, deps.log));
  return async (req, res) => {
    const reasons = deps.drained() ? ['DISABLED BY FILE'] : await reasonsNow();
    const well = reasons.length === 0;
    res.setHeader('Cache-Control', 'no-store');
    if (!well) res.setHeader('Retry-After', String(RETRY_AFTER_SECONDS));
    if (req.method === 'HEAD') {
      res.status(well ? 204 : 503).end();
      return;
    }
    const said = well ? ['OK'] : reasons;
    res.status(well ? 200 : 503);
    if (req.accepts(['text/plain', 'application/json']) === 'application/json')
      res.json({ detailed: false, reasons: said });
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

/** Anybody may ask, so the answer is kept for a moment, and those who ask together share one. */
function cached(clock: Clock, look: () => Promise<string[]>): () => Promise<string[]> {
  let known: { answer: Promise<string[]>; until: number } | undefined;
  return () => {
    if (!known || known.until <= clock.monotonic()) {
      const entry = { answer: look(), until: Number.POSITIVE_INFINITY };
      known = entry;
      entry.answer.then(() => {
        entry.until = clock.monotonic() + HEALTH_CACHE_MS;
      });
    }
    return known.answer;
  };
}

async function within<T>(ms: number, act: () => Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no answer within ${ms} ms`)), ms);
  try {
    return await Promise.race([act(), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
