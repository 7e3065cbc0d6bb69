import { asRewindError, fullCode, RewindError } from '../../domain/errors.ts';
import type { Debt } from '../../domain/operations/debt.ts';
import type { Server } from '../../ports/openstack.ts';
import { attachOwed, letGoOwed, startOwed, unlockOwed } from '../../workflows/acts/debt-acts.ts';
import { GUARD } from '../../workflows/acts/volume-acts.ts';
import { volumeImageOf } from '../../workflows/lookups/locate-disks.ts';
import { leaveKeypairTurnOf, takeKeypairTurnOf } from '../../workflows/steps/server/keypair-turn.ts';
import type { ServerMessage, World } from '../../workflows/world.ts';
import { busy, isTrue, lookUntil, notYet, type PayDebt, records, text, waitForLate } from './debt-details.ts';

/** An unlocked server that lacks a volume is better than one that only an operator can use. */
const MOST_TRIES_TO_PUT_BACK = 6;
const LOOKS = 15;

/**
 * Removes our lock, which is identified by its unpredictable reason; before that, it does what the undo did not reach.
 */
export const payLock: PayDebt = async (world, debt, signal) => {
  const { compute } = world.cloud.admin;
  const server = await compute.server(text(debt, 'server_id'));
  if (!server || server.projectId !== debt.project_id) return;
  // Whoever removed the lock has taken the server over and decides what becomes of it.
  if (!server.locked || server.lockedReason !== text(debt, 'reason')) {
    if (isTrue(debt, 'late')) waitForLate(world, debt);
    return;
  }
  if (server.taskState !== null) throw busy();
  await putBack(world, debt, server, signal).catch(async (error) => {
    if (debt.tries < MOST_TRIES_TO_PUT_BACK || signal.aborted) throw asRewindError(error);
    await world.tell?.(leftWithout(debt, server));
  });
  await unlockOwed(world, server);
  if ((await compute.serverState(server.id))?.lockedReason === text(debt, 'reason')) throw notYet();
};

/** The server was locked, so nobody else has changed it. */
async function putBack(world: World, debt: Debt, server: Server, signal: AbortSignal): Promise<void> {
  const { blockStorage, compute } = world.cloud.admin;
  for (const { volume_id: id, delete_on_termination } of records(debt, 'attach')) {
    const volume = await blockStorage.volume(String(id));
    // Once it was detached, its owner could give it away or use it elsewhere.
    if (volume?.projectId !== debt.project_id || volume.attachments.length > 0) continue;
    if (volume.status !== 'available') throw busy();
    await attachOwed(world, server, volume, delete_on_termination === true);
    await lookUntil(
      world,
      { looks: LOOKS, signal },
      async () => (await blockStorage.volume(volume.id))?.status === 'in-use',
    );
  }
  if (!isTrue(debt, 'start') || server.status !== 'SHUTOFF') return;
  await startOwed(world, server);
  await lookUntil(
    world,
    { looks: LOOKS, signal },
    async () => (await compute.serverState(server.id))?.status === 'ACTIVE',
  );
}

const leftWithout = (debt: Debt, { id, projectId }: Server): ServerMessage => ({
  projectId,
  serverId: id,
  level: 'ERROR',
  code: fullCode('server.left-incomplete'),
  words:
    'A restore of this server ended, and could not put everything back: ' +
    [
      ...records(debt, 'attach').map(({ volume_id }) => `volume ${volume_id} may be detached`),
      ...(isTrue(debt, 'start') ? ['it may be stopped'] : []),
    ].join(', ') +
    '. It is unlocked: attach and start what is missing.',
});

/**
 * Removes our guard from a volume, whoever owns it by now, but not while an operation works on it or while it has no
 * data.
 */
export const payGuard: PayDebt = async (world, debt) => {
  const { blockStorage } = world.cloud.admin;
  const id = text(debt, 'volume_id');
  const volume = await blockStorage.volume(id);
  if (!volume) return;
  if (volume.status !== GUARD) {
    if (isTrue(debt, 'late')) waitForLate(world, debt);
    return;
  }
  const servers = volume.attachments.map(({ serverId }) => serverId);
  for (const thing of [id, ...servers]) if (await world.operations.holderOf(thing)) throw busy();
  if (!(await world.ceph.imageInfo(volumeImageOf(world.settings, volume)))) throw noData();
  await letGoOwed(world, volume);
  if ((await blockStorage.volume(id))?.status === GUARD) throw notYet();
};

const noData = (): RewindError =>
  new RewindError('disk.not-on-rbd', 'The volume has no image in Ceph: its restore ended in the middle.', {
    hint: 'See the runbook stuck-operation: one of the images beside it is to get its name.',
  });

/** Opens a port of the tenant's that was closed for a first boot. */
export const payClosedPort: PayDebt = async (world, debt) => {
  const id = text(debt, 'id');
  const port = await world.cloud.admin.network.port(id);
  if (port?.projectId !== debt.project_id || port.adminStateUp) return;
  await world.cloud.tenant(port.projectId).network.setPortUp(id, true);
};

/** A key pair belongs to the operation as long as the operation has the turn of its name. */
export const payKeypair: PayDebt = async (world, debt) => {
  const name = text(debt, 'name');
  const operationId = debt.operation_id ?? '';
  if (debt.project_id === null || !(await takeKeypairTurnOf(world, name, operationId))) return;
  await world.cloud.tenant(debt.project_id).making.deleteKeypair(name);
  await leaveKeypairTurnOf(world, name, operationId);
};
