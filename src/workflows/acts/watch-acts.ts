import type { ServerState } from '../../ports/openstack.ts';
import type { World } from '../world.ts';
import { adminHands } from './admin-hands.ts';

/** For those who watch Nova, outside operations: they have just looked at the server. */
export const rebootAsAdmin = (world: World, { id }: ServerState): Promise<void> =>
  adminHands({ world }).compute.rebootServer(id);
