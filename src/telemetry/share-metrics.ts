import { Gauge, type Registry } from 'prom-client';
import type { VerifyShare } from '../domain/targets/verify-share.ts';

/**
 * How much of each target was read back, from the database. `all` is called at each scrape; when it fails the figures
 * are left out.
 */
export function shareMetrics(registers: Registry[], all: () => Promise<VerifyShare[]>): void {
  const known = async (): Promise<VerifyShare[]> => all().catch(() => []);
  const figures: [string, string, (share: VerifyShare) => number][] = [
    ['rewind_verify_shares_done', 'Shares of the target that were read back in their last turn', (one) => +one.done],
    ['rewind_verify_objects', 'Objects read back in the last turn of all shares', (one) => one.objects],
    ['rewind_verify_bytes', 'Bytes read back in the last turn of all shares', (one) => one.bytes],
    ['rewind_verify_bad_objects', 'Objects found bad in the last turn of all shares', (one) => one.bad],
  ];
  for (const [name, help, of] of figures) {
    new Gauge({
      name,
      help,
      labelNames: ['target', 'shares'] as const,
      registers,
      async collect() {
        this.reset();
        for (const one of await known()) this.inc({ target: one.target, shares: String(one.shares) }, of(one));
      },
    });
  }
}
