import type { Debt, DebtKind } from '../domain/debt.ts';
import { RewindError } from '../domain/errors.ts';
import { removeOurSnap, removeUnneededImage } from '../workflows/steps/unneeded-image.ts';
import type { World } from '../workflows/world.ts';

/**
 * Pays one kind of debt: finds the object by its ids, looks whether it is still ours to remove, and removes it. Resolves
 * when there is nothing left to do, also when somebody else did it; rejects with why it cannot be done now. May run twice.
 */
export type PayDebt = (world: World, debt: Debt, signal: AbortSignal) => Promise<void>;

/** One procedure for each kind of debt. */
export const payers: Partial<Record<DebtKind, PayDebt>> = {
  'remove-image': async (world, debt) => {
    const pool = text(debt, 'pool');
    const id = idIn(debt) ?? (await world.ceph.imageInfo({ pool, image: text(debt, 'image') }))?.id;
    if (id !== undefined) await removeUnneededImage(world, pool, id);
  },
  'remove-snap': async (world, debt) => {
    const [pool, imageId, snap] = [text(debt, 'pool'), text(debt, 'image_id'), text(debt, 'snap')];
    await removeOurSnap(world, { pool, imageId, snap });
  },
  'flatten-image': async (world: World, debt) => {
    const pool = text(debt, 'pool');
    const found = await world.ceph.imageOfId(pool, text(debt, 'image_id'));
    if (found && !found.inTrash) await world.ceph.flatten({ pool, image: found.name });
  },
  'remove-memory': async (world, debt) => {
    await world.ceph.removeImage({ pool: text(debt, 'pool'), image: text(debt, 'image') });
  },
};

/** Undefined: it is named by what only it is ever called. */
const idIn = (debt: Debt): string | undefined =>
  (debt.details as { image_id?: unknown } | null)?.image_id === undefined ? undefined : text(debt, 'image_id');

/** @throws RewindError `debt.malformed` */
export function text(debt: Debt, field: string): string {
  const value = (debt.details as Record<string, unknown> | null)?.[field];
  if (typeof value === 'string') return value;
  throw new RewindError('debt.malformed', 'The record of what is to be cleaned up cannot be read.', { fault: 'bug' });
}
