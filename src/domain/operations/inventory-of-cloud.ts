import type { Standing } from './inventory.ts';

/**
 * Its name in the table of turns: the holder keeps the inventory, and its counts serve the metrics of every process.
 */
export const INVENTORY = 'inventory';

/** Something of ours in Nova, Cinder, Neutron or Keystone. What another installation has there is not seen. */
export interface CloudItem {
  what: 'volume' | 'server' | 'port' | 'security-group' | 'key-pair' | 'lock' | 'guard' | 'closed-port' | 'trust';
  /** `volume/5e7f…`; for a lock its server, for a guard its volume. */
  place: string;
  id: string;
  project_id: string | null;
  /** Null: a trust, which belongs to no operation. */
  operation_id: string | null;
  standing: Exclude<Standing, 'other'>;
  why: string;
}

/** The counts of the last inventory. */
export interface InventoryCounts {
  ceph: Record<string, number>;
  /** Absent: the last look failed. */
  openstack?: Record<string, number>;
}

export const countStandings = (items: readonly { standing: Standing }[]): Record<string, number> =>
  Object.fromEntries(
    (['owned', 'debt', 'stranger', 'other'] as const).map((standing) => [
      standing,
      items.filter((item) => item.standing === standing).length,
    ]),
  );

/** Reads a report in the database; undefined when it is of a release that counted Ceph only. */
export function inventoryCountsOf(report: unknown): InventoryCounts | undefined {
  const counts = report as Partial<InventoryCounts> | null | undefined;
  return typeof counts?.ceph === 'object' ? (counts as InventoryCounts) : undefined;
}
