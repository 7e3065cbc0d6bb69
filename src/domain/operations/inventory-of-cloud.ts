import type { Standing } from './inventory.ts';

/** In the table of turns: who keeps the inventory, and its counts for the figures of every process. */
export const INVENTORY = 'inventory';

/** Something of ours in Nova, Cinder, Neutron or Keystone. What another installation has there is not seen. */
export interface CloudItem {
  what: 'volume' | 'server' | 'port' | 'security-group' | 'key-pair' | 'lock' | 'guard' | 'closed-port' | 'trust';
  /** `volume/5e7f…`; of a lock its server, of a guard its volume. */
  place: string;
  id: string;
  project_id: string | null;
  /** Null: a trust is of no operation. */
  operation_id: string | null;
  standing: Exclude<Standing, 'other'>;
  why: string;
}

/** Where the counts of an inventory come from. */
export interface InventoryCounts {
  ceph: Record<string, number>;
  /** Absent: the last look came to nothing. */
  openstack?: Record<string, number>;
}

export const countStandings = (items: readonly { standing: Standing }[]): Record<string, number> =>
  Object.fromEntries(
    (['owned', 'debt', 'stranger', 'other'] as const).map((standing) => [
      standing,
      items.filter((item) => item.standing === standing).length,
    ]),
  );

/** Of a report in the database; undefined when it is of a release that counted Ceph only. */
export function inventoryCountsOf(report: unknown): InventoryCounts | undefined {
  const counts = report as Partial<InventoryCounts> | null | undefined;
  return typeof counts?.ceph === 'object' ? (counts as InventoryCounts) : undefined;
}
