import type { Hands } from '../../ports/openstack.ts';
import type { World } from '../world.ts';

/**
 * An administrator's rights, for the files beside this one only: Nova and Cinder let an administrator do anything to
 * anybody.
 */
export const adminHands = ({ world }: { world: World }): Hands => world.cloud.admin as Hands;
