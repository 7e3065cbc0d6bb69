import { METRICS_TIMEOUT_MS } from '../../api/calls/http-settings.ts';
import { RewindError } from '../../domain/errors.ts';
import { kept } from '../../telemetry/kept.ts';
import type { AppDeps } from '../app-deps.ts';

/**
 * Callers in the meantime share one answer. When the database is late, the last figures are given again. Rejects with
 * `metrics.late` (503) when there are none.
 */
export function figuresOf({ clock, metrics }: Pick<AppDeps, 'clock' | 'metrics'>): () => Promise<string> {
  let last: string | undefined;
  const shared = kept(clock, 0, async () => {
    last = await metrics.text();
    return last;
  });
  return async () => {
    const late = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => late.resolve(undefined), METRICS_TIMEOUT_MS);
    try {
      const text = (await Promise.race([shared(), late.promise])) ?? last;
      if (text !== undefined) return text;
    } finally {
      clearTimeout(timer);
    }
    throw new RewindError('metrics.late');
  };
}
