import type { Hands } from '../../ports/openstack.ts';
import type { World } from '../world.ts';

/** An administrator's hands, for the files beside this one only: Nova and Cinder let them do anything to anybody. */
export const adminHands = ({ world }: { world: World }): Hands => world.cloud.admin as Hands;
