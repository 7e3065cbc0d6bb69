import * as z from 'zod';
import { runProcess } from '../system/run-child.ts';
import type { CephSettings } from './ceph-settings.ts';
import { jsonOf } from './rbd/rbd-answers.ts';
import { quickLimitMs } from './rbd/run-rbd.ts';

const MOST_OUTPUT_BYTES = 4 * 2 ** 20;
/** `ceph` costs half a second of processor, and no pool fills in this time. */
const KEPT_MS = 30_000;

const ratio = z.number().min(0);
const answer = z.object({
  stats: z.object({ total_used_raw_ratio: ratio.default(0) }),
  pools: z.array(z.object({ name: z.string(), stats: z.object({ percent_used: ratio, max_avail: z.number() }) })),
});

/**
 * How full a pool is, 0 to 1, by `ceph df` (Ceph 14 to 20): what it uses of what it may use, or what the whole cluster
 * uses if that is more. Undefined: unknown. Never rejects.
 */
export function poolUsage(settings: CephSettings): (pool: string) => Promise<number | undefined> {
  let kept: { at: number; usages: Promise<ReadonlyMap<string, number>> } | undefined;
  return async (pool) => {
    const at = performance.now();
    if (!kept || at - kept.at > KEPT_MS) kept = { at, usages: usagesOf(settings).catch(() => new Map()) };
    return (await kept.usages).get(pool);
  };
}

async function usagesOf(settings: CephSettings): Promise<ReadonlyMap<string, number>> {
  const { conf, user, opTimeoutSeconds, cephBin = 'ceph' } = settings;
  const connect = ['--conf', conf, '--id', user, '--connect-timeout', String(opTimeoutSeconds)];
  const { stdout } = await runProcess({
    file: cephBin,
    args: [...connect, 'df', '--format', 'json'],
    ...{ timeoutMs: quickLimitMs(settings), maxStdoutBytes: MOST_OUTPUT_BYTES, stdin: '' },
  });
  const { stats, pools } = answer.parse(jsonOf(stdout));
  // An empty pool uses no share of nothing.
  const used = ({ percent_used, max_avail }: { percent_used: number; max_avail: number }): number =>
    max_avail <= 0 ? 1 : Math.max(percent_used, stats.total_used_raw_ratio);
  return new Map(pools.map((pool) => [pool.name, used(pool.stats)]));
}
