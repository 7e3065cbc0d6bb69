import { RewindError } from '../domain/errors.ts';
import type { Instant, InstantRequest } from '../domain/instant.ts';
import type { Ceph } from '../ports/ceph.ts';
import type { HeldDomains } from '../ports/held-domains.ts';
import type { Hold, Hypervisor } from '../ports/hypervisor.ts';
import type { Clock, Log } from '../ports/system.ts';

export interface InstantParts {
  hypervisor: Hypervisor;
  ceph: Pick<Ceph, 'createSnap' | 'removeSnap'>;
  held: HeldDomains;
  clock: Clock;
  log: Log;
  /** When the guard lets go, whatever happens. */
  hardLimitSeconds: number;
  /** Where tests end this process. */
  boundary?: (place: string) => void;
}

/** Before the guard's time is up we let go ourselves. */
const MARGIN_MS = 2_000;
const LET_GO_ATTEMPTS = 3;

/**
 * Takes one snap of each disk, all at one instant: a server that does not run needs nothing; else its file systems
 * are frozen or the domain is paused, as wanted. Snaps of the same name are taken anew. Whatever happens the server
 * is let go: by us, by whoever starts on this host next, or by the guard.
 * @throws RewindError `instant.no-guest-agent`, `instant.too-slow` (retry), `instant.let-go` (retry), `ceph.*`,
 * `hypervisor.*`
 */
export async function takeInstant(parts: InstantParts, request: InstantRequest): Promise<Instant> {
  const { hypervisor, ceph, clock } = parts;
  const { serverId, images, snap, wanted } = request;
  await Promise.all(images.map((image) => ceph.removeSnap(image, snap)));
  const state = await hypervisor.state(serverId);
  if (state !== 'running') {
    const at = iso(clock);
    await Promise.all(images.map((image) => ceph.createSnap(image, snap)));
    if ((await hypervisor.state(serverId)) !== state) throw letGoError();
    return { at, consistency: 'crash', pausedMs: null };
  }
  if (wanted !== 'crash') {
    if (await hypervisor.guestAnswers(serverId)) {
      try {
        return await heldInstant(parts, request, 'freeze');
      } catch (error) {
        if (wanted === 'filesystem') throw error;
        parts.log.warn('not frozen; paused instead', { server_id: serverId, err: error });
        await Promise.all(images.map((image) => ceph.removeSnap(image, snap)));
      }
    } else if (wanted === 'filesystem') throw noGuestAgent();
  }
  return heldInstant(parts, request, 'pause');
}

async function heldInstant(parts: InstantParts, request: InstantRequest, hold: Hold): Promise<Instant> {
  const { hypervisor, held, clock, hardLimitSeconds, boundary = () => {} } = parts;
  const { serverId } = request;
  await held.note(serverId, hold);
  const guard = await hypervisor.guard(serverId, hold, hardLimitSeconds).catch(async (error) => {
    await held.forget(serverId);
    throw error;
  });
  boundary(`${hold} guarded`);
  const began = clock.monotonic();
  let stillHeld = false;
  let at = '';
  let snaps: SnapsEnd = { late: false, done: Promise.resolve() };
  try {
    await hypervisor.hold(serverId, hold);
    boundary(`${hold} held`);
    at = iso(clock);
    snaps = await snapsWithin(parts, request, hardLimitSeconds * 1000 - MARGIN_MS - (clock.monotonic() - began));
    boundary(`${hold} snapped`);
  } finally {
    stillHeld = await letGo(parts, serverId, hold);
    guard.disarm();
    await held.forget(serverId);
  }
  const pausedMs = Math.ceil(clock.monotonic() - began);
  // What goes on too long is waited for all the same: a snap that comes later must not meet the next attempt.
  await snaps.done;
  if (snaps.late) throw tooSlow();
  if (!stillHeld) throw letGoError();
  return { at, consistency: hold === 'freeze' ? 'filesystem' : 'crash', pausedMs };
}

interface SnapsEnd {
  late: boolean;
  done: Promise<unknown>;
}

/** All snaps at once. Resolves when they are there, or when the time is up and they are not; rejects when one fails. */
async function snapsWithin(parts: InstantParts, { images, snap }: InstantRequest, limitMs: number): Promise<SnapsEnd> {
  const stop = new AbortController();
  const done = Promise.all(images.map((image) => parts.ceph.createSnap(image, snap)));
  const settled = done.then(
    () => undefined,
    () => undefined,
  );
  const limit = parts.clock.sleep(Math.max(0, limitMs), stop.signal).then(
    () => true,
    () => false,
  );
  const late = await Promise.race([limit, done.then(() => false)]).finally(() => stop.abort());
  return { late, done: settled };
}

/** The server comes first: tried again and again; the guard stands behind us. */
async function letGo({ hypervisor, log }: InstantParts, serverId: string, hold: Hold): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await hypervisor.letGo(serverId, hold);
    } catch (error) {
      log.error('a held server was not let go', { server_id: serverId, hold, attempt, err: error });
      if (attempt === LET_GO_ATTEMPTS) throw error;
    }
  }
}

/** The first thing a process does on a host: what an earlier one held when it died is let go. */
export async function letGoOfAll({ hypervisor, held, log }: Pick<InstantParts, 'hypervisor' | 'held' | 'log'>) {
  for (const { domain, hold } of await held.all()) {
    const state = await hypervisor.state(domain);
    if (state === 'running' || state === 'paused') {
      const was = await hypervisor.letGo(domain, hold).catch((error) => {
        log.error('a held server was not let go', { server_id: domain, hold, err: error });
        throw error;
      });
      log.warn('an earlier process died while it held this server', { server_id: domain, hold, was_held: was });
    }
    await held.forget(domain);
  }
}

const iso = (clock: Clock): string => new Date(clock.now()).toISOString();

const noGuestAgent = (): RewindError =>
  new RewindError('instant.no-guest-agent', "The server's guest agent does not answer, so it cannot be frozen.", {
    hint: 'Install and start qemu-guest-agent in the server, or ask for consistency crash or best.',
  });

const tooSlow = (): RewindError =>
  new RewindError('instant.too-slow', 'The snapshots took too long to keep the server standing still for them.', {
    fault: 'errored',
    retry: true,
  });

const letGoError = (): RewindError =>
  new RewindError('instant.let-go', 'The server was started or let go by somebody else in between.', {
    fault: 'errored',
    retry: true,
  });
