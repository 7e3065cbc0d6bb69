import type { Server, ServerState, Volume } from '../../ports/openstack.ts';
import type { World } from '../world.ts';
import { adminHands } from './admin-hands.ts';
import { GUARD } from './volume-acts.ts';

/** For the payment of debts, outside operations: the caller has just looked at what it acts on. */

export const unlockOwed = (world: World, { id }: ServerState): Promise<void> =>
  adminHands({ world }).compute.unlockServer(id);

export const startOwed = (world: World, { id }: ServerState): Promise<void> =>
  adminHands({ world }).compute.startServer(id);

export const attachOwed = (world: World, { id }: Server, volume: Volume, deleteOnTermination: boolean): Promise<void> =>
  adminHands({ world }).compute.attachVolume(id, volume.id, { deleteOnTermination });

/** Its present state decides which status it gets. */
export async function letGoOwed(world: World, { id, status, attachments }: Volume): Promise<void> {
  if (status !== GUARD) return;
  await adminHands({ world }).blockStorage.resetStatus(id, attachments.length > 0 ? 'in-use' : 'available');
}
