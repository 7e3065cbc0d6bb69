import { Gauge, type Registry } from 'prom-client';
import type { InventoryCounts } from '../domain/operations/inventory-of-cloud.ts';

/**
 * What the last look of the inventory saw. `counts` is called at each scrape; when it fails the figures are left out.
 */
export function inventoryMetrics(registers: Registry[], counts: () => Promise<InventoryCounts | undefined>): void {
  new Gauge({
    name: 'rewind_inventory_items',
    help: 'What is ours in Ceph and in OpenStack, by whether a record, a debt or nobody needs it, or another installation made it',
    labelNames: ['place', 'standing'] as const,
    registers,
    async collect() {
      this.reset();
      const seen = (await counts().catch(() => undefined)) ?? {};
      for (const [place, standings] of Object.entries(seen))
        for (const [standing, count] of Object.entries(standings as Record<string, number>))
          this.set({ place, standing }, count);
    },
  });
}
