import type { Debt, DebtKind } from '../../domain/operations/debt.ts';
import { removeOurSnap, removeUnneededImage } from '../../workflows/steps/image/unneeded-image.ts';
import type { World } from '../../workflows/world.ts';
import { type PayDebt, text } from './debt-details.ts';
import { payClosedPort, payGuard, payKeypair, payLock } from './pay-held.ts';
import { payGroup, payPort, payServer, payVolume } from './pay-made.ts';

/** One procedure for each kind of debt. */
export const payers: Record<DebtKind, PayDebt> = {
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
  'unlock-server': payLock,
  'volume-status': payGuard,
  'open-port': payClosedPort,
  'remove-keypair': payKeypair,
  'remove-volume': payVolume,
  'remove-server': payServer,
  'remove-port': payPort,
  'remove-security-group': payGroup,
};

/** Undefined: it is identified by a name that nothing else ever has. */
const idIn = (debt: Debt): string | undefined =>
  (debt.details as { image_id?: unknown } | null)?.image_id === undefined ? undefined : text(debt, 'image_id');
