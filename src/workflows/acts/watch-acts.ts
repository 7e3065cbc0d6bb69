import type { ServerState } from '../../ports/openstack.ts';
import type { World } from '../world.ts';
import { adminHands } from './admin-hands.ts';

/** For those who watch Nova, outside operations: of a server that they have just looked at. */
export const rebootAsAdmin = (world: World, { id }: ServerState): Promise<void> =>
  adminHands({ world }).compute.rebootServer(id);
