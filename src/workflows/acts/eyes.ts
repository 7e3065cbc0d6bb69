import type { BlockStorage, Cloud, Compute } from '../../ports/openstack.ts';
import type { Networking, Offerings, ServerMaking } from '../../ports/server-making.ts';

/** What answers nothing changes something. */
type Acts<T> = { [K in keyof T]: T[K] extends (...args: never[]) => Promise<void> ? K : never }[keyof T];
type Looks<T> = Omit<T, Acts<T>>;

/**
 * What steps have of an administrator: eyes. Whatever changes something goes through the files beside this one, which
 * look whose it is right before; another way to it does not compile.
 */
interface AdminEyes {
  compute: Looks<Compute>;
  blockStorage: Omit<Looks<BlockStorage>, 'createVolume'>;
  making: Omit<Looks<ServerMaking>, 'createServer'>;
  network: Omit<Looks<Networking>, 'createPort' | 'createSecurityGroup'>;
  offerings: Offerings;
}

/** The cloud as recipes have it. A tenant's hands reach no further than his project: there the services look. */
export interface RecipeCloud extends Pick<Cloud, 'tenant' | 'environment'> {
  admin: AdminEyes;
}
