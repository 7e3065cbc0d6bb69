import { hasCode, RewindError } from '../../../domain/errors.ts';
import { snapshotOfMemoryImage } from '../../../domain/names.ts';
import type { ImageRef } from '../../../domain/points/disk.ts';
import type { GuestClockState } from '../../../domain/points/instant.ts';
import { type MemoryRestored, SAVED_MEMORY, type SavedMemory } from '../../../domain/points/memory-point.ts';
import type { ServerState } from '../../../ports/openstack.ts';
import { LetGo } from '../../../workflow-engine/signals.ts';
import type { StepContext } from '../../../workflow-engine/step.ts';
import { sayActive, stopAsAdmin } from '../../acts/server-acts.ts';
import { serverStateIfThere, serverStateOf } from '../../lookups/server-of.ts';
import type { RecipeStep, World } from '../../world.ts';
import { tellClock } from './tell-clock.ts';

export interface RestoreMemoryInput {
  serverId: string;
  memory: ImageRef;
}

/** `attempt`: a new one each time the disks were put back; by default the operation. */
export type GoOnInput = RestoreMemoryInput & { attempt?: string };

/** Nova's power state of a running domain. */
const RUNNING = 1;
const WAIT_SEEN_MS = 60_000;
const NOVA_LATE_MS = 18_000;
/** The agent answers with these only for a server that it found off and left off. */
const OFF = [
  'memory.begun',
  'memory.not-restored',
  'memory.missing',
  'memory.damaged',
  'memory.changed',
  'memory.other-host',
  'memory.other-server',
  'memory.not-possible',
] as const;

/**
 * Before anything is stopped: refuses a memory that the server cannot go on from, checks every byte of it and brings it
 * to the host, so that the server stands still only for the rest.
 */
export const stageMemory: RecipeStep<RestoreMemoryInput, SavedMemory> = {
  name: 'stage-memory',
  async act(context, input) {
    const request = { what: 'stage-memory' as const, ...input, saved: await savedOf(context, input.memory) };
    return context.world.hosts.stageMemory({ ...(await addressed(context, input.serverId)), request }, context.signal);
  },
};

/**
 * The server was stopped through Nova, is locked, and its disks are those of the instant. First Nova is told that it is
 * active: Nova stops a domain that runs while Nova's state is SHUTOFF within seconds. Then it goes on from its memory.
 * It does so once: `memory.begun` means that the disks must be put back again, or that the server must be started
 * without its memory.
 */
export const restoreMemory: RecipeStep<GoOnInput, MemoryRestored> = {
  name: 'restore-memory',
  async act(context, input) {
    const { serverId, memory, attempt = context.operation.id } = input;
    const server = await serverStateOf(context, serverId);
    if (server.taskState !== null || (server.status !== 'ACTIVE' && server.status !== 'SHUTOFF')) throw wrongState();
    if (server.status === 'SHUTOFF') {
      await novaForgotTheStop(context, server);
      await sayActive(context, server);
    }
    context.boundary('said-active');
    const saved = await savedOf(context, memory);
    const request = { what: 'restore-memory' as const, serverId, memory, saved, attempt };
    const ask = { ...(await addressed(context, serverId)), request };
    const restored = await context.world.hosts.restoreMemory(ask, context.signal).catch(async (error) => {
      // Nova must not take a server for active that is off: nothing could start it. In case of doubt nothing is
      // touched.
      if (OFF.some((code) => hasCode(error, code))) await sayStopped(context, serverId);
      throw error;
    });
    context.boundary('restored');
    await seenRunning(context, serverId);
    await tellClock(context, serverId, clockOf(restored));
    return restored;
  },
};

/** As its own operation recorded it; undefined: an earlier release took the snapshot. */
async function savedOf({ world, operation }: StepContext<World>, memory: ImageRef): Promise<SavedMemory | undefined> {
  const id = snapshotOfMemoryImage(memory.image);
  const snapshot = id === undefined ? undefined : await world.catalogue.snapshot(id, operation.project_id);
  return snapshot?.environment[SAVED_MEMORY] as SavedMemory | undefined;
}

/** As this or an earlier agent reported it. */
export const clockOf = ({ clockSet, clockOffMs = null }: MemoryRestored): GuestClockState => ({
  set: clockSet,
  offMs: clockOffMs,
});

/**
 * Nova notices a domain's end fifteen seconds late. If its state is ACTIVE then, and the domain does not run yet, Nova
 * takes that for a shutdown by the guest and stops the server in the middle of its restore.
 */
async function novaForgotTheStop(context: StepContext<World>, { raw }: ServerState): Promise<void> {
  const { clock } = context.world;
  const stopped = Date.parse(String(raw.updated));
  // Clocks of hosts differ: nobody waits for longer than the whole time.
  const sinceMs = Number.isNaN(stopped) ? 0 : Math.max(0, clock.now() - stopped);
  await clock.sleep(Math.max(0, NOVA_LATE_MS - sinceMs), context.signal);
}

async function addressed(context: StepContext<World>, serverId: string) {
  const { host } = await serverStateOf(context, serverId);
  if (host === null) throw wrongState();
  return { operationId: context.operation.id, fence: context.fence, host };
}

async function seenRunning(context: StepContext<World>, serverId: string): Promise<void> {
  await context.waitFor(
    async () => {
      const { status, taskState, powerState } = await serverStateOf(context, serverId);
      if (status !== 'ACTIVE') throw stoppedAgain();
      return taskState === null && powerState === RUNNING ? true : undefined;
    },
    WAIT_SEEN_MS,
    stoppedAgain,
  );
}

/**
 * Nova stops a server that it believes to be active: then its state is SHUTOFF, even if the domain was off all the
 * time.
 */
async function sayStopped(context: StepContext<World>, serverId: string): Promise<void> {
  const server = await serverStateIfThere(context, serverId).catch(() => undefined);
  if (server?.status !== 'ACTIVE' || server.taskState !== null) return;
  await stopAsAdmin(context, server).catch((err) => {
    if (err instanceof LetGo) throw err;
    context.log.warn('the server is off, and Nova says it is not', { err });
  });
}

const wrongState = (): RewindError =>
  new RewindError('server.wrong-state', 'The server must be SHUTOFF, and in the middle of nothing.', { retry: true });

const stoppedAgain = (): RewindError => new RewindError('memory.not-seen');
