import { Gauge, type Registry } from 'prom-client';
import type { ProtectionReport } from '../domain/points/protection-report.ts';

/** `look` is called at each scrape; without a report the figures are left out. */
export function protectionMetrics(registers: Registry[], look: () => Promise<ProtectionReport | undefined>): void {
  const report = (): Promise<ProtectionReport | undefined> => look().catch(() => undefined);
  new Gauge({
    name: 'rewind_protection_report_timestamp_seconds',
    help: 'When servers were looked at last',
    registers,
    async collect() {
      const found = await report();
      this.set(found ? Date.parse(found.at) / 1000 : 0);
    },
  });
  new Gauge({
    name: 'rewind_servers',
    help: 'Servers of the cloud: covered by a policy, by none, or past the objective of theirs',
    labelNames: ['protection'] as const,
    registers,
    async collect() {
      const found = await report();
      this.reset();
      if (!found) return;
      this.set({ protection: 'covered' }, found.protected);
      this.set({ protection: 'none' }, found.servers - found.protected);
      this.set({ protection: 'rpo_missed' }, found.missed.length);
    },
  });
}
