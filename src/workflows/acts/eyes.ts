import type { BlockStorage, Cloud, Compute } from '../../ports/openstack.ts';
import type { Networking, Offerings, ServerMaking } from '../../ports/server-making.ts';

/** Whatever returns nothing changes something. */
type Acts<T> = { [K in keyof T]: T[K] extends (...args: never[]) => Promise<void> ? K : never }[keyof T];
type Looks<T> = Omit<T, Acts<T>>;

/**
 * What steps may do as an administrator: look. Every change goes through the files beside this one, which check right
 * before it whose thing it is; any other way does not compile.
 */
interface AdminEyes {
  compute: Looks<Compute>;
  blockStorage: Omit<Looks<BlockStorage>, 'createVolume'>;
  making: Omit<Looks<ServerMaking>, 'createServer'>;
  network: Omit<Looks<Networking>, 'createPort' | 'createSecurityGroup'>;
  offerings: Offerings;
}

/** The cloud as recipes see it. A tenant's rights end at their project: there the services themselves check. */
export interface RecipeCloud extends Pick<Cloud, 'tenant' | 'environment'> {
  admin: AdminEyes;
}
