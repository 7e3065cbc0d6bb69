import { RewindError } from '../../../domain/errors.ts';
import type { ImageRef } from '../../../domain/points/disk.ts';
import type { ServerState } from '../../../ports/openstack.ts';
import type { StepContext } from '../../../workflow-engine/step.ts';
import { hasAsked, lateEffect } from '../../acts/ask.ts';
import { lockReason } from '../../acts/marks.ts';
import { lockAsAdmin, startAsAdmin, stopAsAdmin, unlockAsAdmin } from '../../acts/server-acts.ts';
import { serverStateIfThere, serverStateOf } from '../../lookups/server-of.ts';
import { WAIT_LOCKED_MS, WAIT_NO_WATCHER_MS, WAIT_STARTED_MS, WAIT_STOPPED_MS } from '../../recipe-limits.ts';
import type { RecipeStep, World } from '../../world.ts';
import { type Owing, orOwe } from '../backup/owe.ts';

export interface ServerInput {
  serverId: string;
}

export interface Locked {
  running: boolean;
  /** The lock's reason, which identifies it as ours; older releases left it out. */
  reason?: string;
}

/**
 * Keeps tenants away: locks as an administrator, with a reason that nobody else knew before. Somebody else's lock is
 * respected, whatever its reason. Whether the server runs is recorded under the lock and before the stop: afterwards
 * nobody could tell.
 */
export const lockServer: RecipeStep<ServerInput, Locked> = {
  name: 'lock-server',
  async act(context, { serverId }) {
    const { compute } = context.world.cloud.admin;
    const reason = lockReason(context);
    const server = await serverStateOf(context, serverId);
    if (server.locked && server.lockedReason === reason && hasAsked(context)) return { ...powerOf(server), reason };
    if (server.locked) throw new RewindError('server.locked');
    await lockAsAdmin(context, server, reason);
    context.boundary('locked');
    const locked = await context.waitFor(
      async () => {
        const seen = await compute.serverState(serverId);
        return seen?.locked && seen.lockedReason === reason ? seen : undefined;
      },
      WAIT_LOCKED_MS,
      () => new RewindError('server.not-locked'),
    );
    return { ...powerOf(locked), reason };
  },
  async undo(context, { serverId }) {
    if (!hasAsked(context)) return;
    const reason = lockReason(context);
    const locked = async () => {
      const server = await context.world.cloud.admin.compute.serverState(serverId);
      return !server || server.lockedReason === reason ? true : undefined;
    };
    await lateEffect(context, locked);
    await unlock(context, serverId, reason);
  },
};

function powerOf({ status, taskState }: ServerState): { running: boolean } {
  if (taskState !== null || (status !== 'ACTIVE' && status !== 'SHUTOFF')) {
    throw new RewindError('server.wrong-state', 'The server must be ACTIVE or SHUTOFF, and in the middle of nothing.');
  }
  return { running: status === 'ACTIVE' };
}

/** Removes only the lock with this reason. */
export const unlockServer: RecipeStep<ServerInput & Pick<Locked, 'reason'>, null> = {
  name: 'unlock-server',
  async act(context, { serverId, reason }) {
    const ours = reason ?? lockReason({ operation: context.operation, mark: null });
    // Everything else is done: only the lock waits for Nova.
    await orOwe(context, owingUnlock(context, serverId, ours), () => unlock(context, serverId, ours));
    return null;
  },
};

const owingUnlock = ({ operation }: StepContext<World>, serverId: string, reason: string): Owing => ({
  kind: 'unlock-server',
  subject: `${serverId}/${operation.id}`,
  details: { server_id: serverId, reason },
});

async function unlock(context: StepContext<World>, serverId: string, reason: string): Promise<void> {
  const server = await serverStateIfThere(context, serverId);
  if (server?.locked && server.lockedReason === reason) await unlockAsAdmin(context, server);
}

export const stopServer: RecipeStep<ServerInput & { running: boolean }, null> = {
  name: 'stop-server',
  async act(context, { serverId }) {
    const { compute } = context.world.cloud.admin;
    const server = await serverStateOf(context, serverId);
    if (server.status === 'SHUTOFF' && server.taskState === null) return null;
    if (server.taskState === null) {
      await stopAsAdmin(context, server);
      context.boundary('asked');
    }
    return context.waitFor(
      async () => {
        const seen = await compute.serverState(serverId);
        return seen?.status === 'SHUTOFF' && seen.taskState === null ? null : undefined;
      },
      WAIT_STOPPED_MS,
      () => new RewindError('server.not-stopped'),
    );
  },
  async undo(context, { serverId, running }) {
    if (!running) return;
    // A stop that was requested and not answered may take effect after a start.
    await lateEffect(context, async () => {
      const server = await context.world.cloud.admin.compute.serverState(serverId);
      return server?.status === 'ACTIVE' && server.taskState === null ? undefined : true;
    });
    await start(context, serverId);
  },
};

export const startServer: RecipeStep<ServerInput, null> = {
  name: 'start-server',
  async act(context, { serverId }) {
    await start(context, serverId);
    return null;
  },
};

/** When a start fails, Nova shows 202, SHUTOFF and no fault: only ACTIVE counts. */
async function start(context: StepContext<World>, serverId: string): Promise<void> {
  const { compute } = context.world.cloud.admin;
  const server = await serverStateOf(context, serverId);
  if (server.status === 'ACTIVE' && server.taskState === null) return;
  const notStarted = () => new RewindError('server.not-started');
  if (server.taskState === null) {
    await startAsAdmin(context, server);
    context.boundary('asked');
  }
  let began = server.taskState !== null;
  await context.waitFor(
    async () => {
      const seen = await compute.serverState(serverId);
      if (seen?.status === 'ACTIVE' && seen.taskState === null) return true;
      if (seen && seen.taskState !== null) began = true;
      if (seen?.status === 'ERROR' || (began && seen?.taskState === null)) throw notStarted();
      return undefined;
    },
    WAIT_STARTED_MS,
    notStarted,
  );
}

/** SHUTOFF is what Nova believes; Ceph knows that nobody has the images open. Both are required. */
export const awaitQuiet: RecipeStep<ServerInput & { images: ImageRef[] }, null> = {
  name: 'await-quiet',
  async act(context, { serverId, images }) {
    const { ceph } = context.world;
    return context.waitFor(
      async () => {
        const [server, ...watchers] = await Promise.all([
          serverStateOf(context, serverId),
          ...images.map((image) => ceph.watchers(image)),
        ]);
        if (server.status !== 'SHUTOFF' || server.taskState !== null) throw startedAgain();
        return watchers.flat().length > 0 ? undefined : null;
      },
      WAIT_NO_WATCHER_MS,
      () => new RewindError('disk.in-use', 'A disk of the stopped server is still open somewhere.', { retry: false }),
    );
  },
};

const startedAgain = (): RewindError =>
  new RewindError('server.wrong-state', 'The server was started again while it was being restored.');
