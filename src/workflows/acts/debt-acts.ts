import type { Server, ServerState, Volume } from '../../ports/openstack.ts';
import type { World } from '../world.ts';
import { adminHands } from './admin-hands.ts';
import { GUARD } from './volume-acts.ts';

/** For those who pay debts, outside operations: what they act on they have just looked at. */

export const unlockOwed = (world: World, { id }: ServerState): Promise<void> =>
  adminHands({ world }).compute.unlockServer(id);

export const startOwed = (world: World, { id }: ServerState): Promise<void> =>
  adminHands({ world }).compute.startServer(id);

export const attachOwed = (world: World, { id }: Server, volume: Volume, deleteOnTermination: boolean): Promise<void> =>
  adminHands({ world }).compute.attachVolume(id, volume.id, { deleteOnTermination });

/** What it is by now says which status it gets. */
export async function letGoOwed(world: World, { id, status, attachments }: Volume): Promise<void> {
  if (status !== GUARD) return;
  await adminHands({ world }).blockStorage.resetStatus(id, attachments.length > 0 ? 'in-use' : 'available');
}
