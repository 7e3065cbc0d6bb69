import type { ImageRef } from '../../domain/disk.ts';
import { RewindError } from '../../domain/errors.ts';
import type { StepContext } from '../../workflow-engine/step.ts';
import { WAIT_LOCKED_MS, WAIT_NO_WATCHER_MS, WAIT_STARTED_MS, WAIT_STOPPED_MS } from '../limits.ts';
import type { RecipeStep, World } from '../world.ts';
import { serverOf } from './server-of.ts';

export interface ServerInput {
  serverId: string;
}

const reasonOf = (operationId: string): string => `vm-backup ${operationId}`;

/** Keeps tenants off: locked as an admin, with our reason. Somebody else's lock is respected. */
export const lockServer: RecipeStep<ServerInput, null> = {
  name: 'lock-server',
  async act(context, { serverId }) {
    const { compute } = context.world.cloud.admin;
    const reason = reasonOf(context.operation.id);
    const server = await serverOf(context, serverId);
    if (server.locked && server.lockedReason === reason) return null;
    if (server.locked)
      throw new RewindError('server.locked', 'The server is locked by somebody.', { hint: 'Unlock it and try again.' });
    await context.proveLease();
    await compute.lockServer(serverId, reason);
    return context.waitFor(
      async () => ((await compute.server(serverId))?.locked ? null : undefined),
      WAIT_LOCKED_MS,
      () => new RewindError('server.not-locked', 'The server could not be locked.', { fault: 'errored', retry: true }),
    );
  },
  undo: async (context, { serverId }) => unlock(context, serverId),
};

export const unlockServer: RecipeStep<ServerInput, null> = {
  name: 'unlock-server',
  async act(context, { serverId }) {
    await unlock(context, serverId);
    return null;
  },
};

async function unlock(context: StepContext<World>, serverId: string): Promise<void> {
  const { compute } = context.world.cloud.admin;
  const server = await compute.server(serverId);
  if (server?.locked && server.lockedReason === reasonOf(context.operation.id)) await compute.unlockServer(serverId);
}

/** Recorded under the lock and before the stop: afterwards nobody could tell. */
export const notePower: RecipeStep<ServerInput, { running: boolean }> = {
  name: 'note-power',
  async act(context, { serverId }) {
    const server = await serverOf(context, serverId);
    if (server.taskState !== null || (server.status !== 'ACTIVE' && server.status !== 'SHUTOFF')) {
      throw new RewindError(
        'server.wrong-state',
        'The server must be ACTIVE or SHUTOFF, and in the middle of nothing.',
      );
    }
    return { running: server.status === 'ACTIVE' };
  },
};

export const stopServer: RecipeStep<ServerInput & { running: boolean }, null> = {
  name: 'stop-server',
  async act(context, { serverId }) {
    const { compute } = context.world.cloud.admin;
    const server = await serverOf(context, serverId);
    if (server.status === 'SHUTOFF' && server.taskState === null) return null;
    if (server.taskState === null) {
      await context.proveLease();
      await compute.stopServer(serverId);
      context.boundary('asked');
    }
    return context.waitFor(
      async () => {
        const seen = await compute.server(serverId);
        return seen?.status === 'SHUTOFF' && seen.taskState === null ? null : undefined;
      },
      WAIT_STOPPED_MS,
      () => new RewindError('server.not-stopped', 'The server could not be stopped.', { fault: 'errored' }),
    );
  },
  async undo(context, { serverId, running }) {
    if (running) await start(context, serverId);
  },
};

export const startServer: RecipeStep<ServerInput, null> = {
  name: 'start-server',
  async act(context, { serverId }) {
    await start(context, serverId);
    return null;
  },
};

/** 202, SHUTOFF and no fault is how Nova says that the start failed: only ACTIVE counts. */
async function start(context: StepContext<World>, serverId: string): Promise<void> {
  const { compute } = context.world.cloud.admin;
  const server = await serverOf(context, serverId);
  if (server.status === 'ACTIVE' && server.taskState === null) return;
  const notStarted = () =>
    new RewindError('server.not-started', 'The server could not be started.', {
      fault: 'errored',
      hint: 'The log of nova-compute on its host tells why.',
    });
  if (server.taskState === null) {
    await context.proveLease();
    await compute.startServer(serverId);
    context.boundary('asked');
  }
  let began = server.taskState !== null;
  await context.waitFor(
    async () => {
      const seen = await compute.server(serverId);
      if (seen?.status === 'ACTIVE' && seen.taskState === null) return true;
      if (seen && seen.taskState !== null) began = true;
      if (seen?.status === 'ERROR' || (began && seen?.taskState === null)) throw notStarted();
      return undefined;
    },
    WAIT_STARTED_MS,
    notStarted,
  );
}

/** SHUTOFF is what Nova thinks; that nobody has the images open is what Ceph knows. Both are required. */
export const awaitQuiet: RecipeStep<ServerInput & { images: ImageRef[] }, null> = {
  name: 'await-quiet',
  async act(context, { serverId, images }) {
    const { ceph } = context.world;
    await context.waitFor(
      async () => {
        const watchers = await Promise.all(images.map((image) => ceph.watchers(image)));
        return watchers.flat().length > 0 ? undefined : true;
      },
      WAIT_NO_WATCHER_MS,
      () =>
        new RewindError('disk.in-use', 'A disk of the stopped server is still open somewhere.', { fault: 'errored' }),
    );
    const server = await serverOf(context, serverId);
    if (server.status !== 'SHUTOFF' || server.taskState !== null) {
      throw new RewindError('server.wrong-state', 'The server was started again while it was being restored.');
    }
    return null;
  },
};
