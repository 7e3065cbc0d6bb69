import { RewindError } from '../domain/errors.ts';
import type { Instant, InstantRequest } from '../domain/instant.ts';
import type { Ceph } from '../ports/ceph.ts';
import type { HeldDomains } from '../ports/held-domains.ts';
import type { Grip, Hold, Hypervisor } from '../ports/hypervisor.ts';
import type { Clock, Log } from '../ports/system.ts';

export interface HoldParts {
  hypervisor: Hypervisor;
  held: HeldDomains;
  clock: Clock;
  log: Log;
  /** Where tests end this process. */
  boundary?: (place: string) => void;
}

export interface InstantParts extends HoldParts {
  ceph: Pick<Ceph, 'createSnap' | 'readySnaps' | 'removeSnap'>;
  /** When the guard lets go, whatever happens. */
  hardLimitSeconds: number;
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
  const { images, snap, serverId } = request;
  const snaps = await parts.ceph.readySnaps(images, snap);
  try {
    const holding = { serverId, hold, limitSeconds: parts.hardLimitSeconds };
    const { at, pausedMs } = await heldWhile(parts, holding, () => snaps.take());
    return { at, consistency: hold === 'freeze' ? 'filesystem' : 'crash', pausedMs };
  } finally {
    await snaps.drop();
  }
}

export interface Holding {
  serverId: string;
  hold: Hold;
  /** When the guard lets go. We do so two seconds earlier. */
  limitSeconds: number;
}

/** Does it all while the server is held, and proves that it was held all the time. Rejects as `takeInstant`. */
export async function heldWhile(
  parts: HoldParts,
  { serverId, hold, limitSeconds }: Holding,
  work: () => Promise<unknown>,
): Promise<{ at: string; pausedMs: number }> {
  const { hypervisor, held, clock, boundary = () => {} } = parts;
  await held.note(serverId, hold);
  const guard = await hypervisor.guard(serverId, hold, limitSeconds).catch(async (error) => {
    await held.forget(serverId);
    throw error;
  });
  const grip = await gripOf(parts, serverId);
  boundary(`${hold} guarded`);
  const began = clock.monotonic();
  let pausedMs = 0;
  let stillHeld = false;
  let at = '';
  let snaps: SnapsEnd = { late: false, done: Promise.resolve() };
  try {
    await grip.hold(serverId, hold);
    boundary(`${hold} held`);
    at = iso(clock);
    snaps = await within(parts, work, limitSeconds * 1000 - MARGIN_MS - (clock.monotonic() - began));
    boundary(`${hold} snapped`);
  } finally {
    try {
      stillHeld = await letGo(parts, grip, serverId, hold);
      pausedMs = Math.ceil(clock.monotonic() - began);
    } finally {
      await grip.drop();
    }
    guard.disarm();
    await held.forget(serverId);
  }
  // What goes on too long is waited for all the same: a snap that comes later must not meet the next attempt.
  await snaps.done;
  if (snaps.late) throw tooSlow();
  if (!stillHeld) throw letGoError();
  return { at, pausedMs };
}

interface SnapsEnd {
  late: boolean;
  done: Promise<unknown>;
}

/** Resolves when it is done, or when the time is up and it is not; rejects when it fails. */
async function within({ clock }: HoldParts, work: () => Promise<unknown>, limitMs: number): Promise<SnapsEnd> {
  const stop = new AbortController();
  const done = work();
  const settled = done.then(
    () => undefined,
    () => undefined,
  );
  const limit = clock.sleep(Math.max(0, limitMs), stop.signal).then(
    () => true,
    () => false,
  );
  const late = await Promise.race([limit, done.then(() => false)]).finally(() => stop.abort());
  return { late, done: settled };
}

/** Quick where it can be had; every call of its own does the same. */
const gripOf = ({ hypervisor, log }: HoldParts, serverId: string): Promise<Grip> =>
  hypervisor.grip(serverId).catch((error) => {
    log.warn('no open connection to the hypervisor', { server_id: serverId, err: error });
    return { ...hypervisor, drop: async () => {} };
  });

/** The server comes first: tried again and again, each time anew; the guard stands behind us. */
async function letGo({ hypervisor, log }: HoldParts, grip: Grip, serverId: string, hold: Hold): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await (attempt === 1 ? grip : hypervisor).letGo(serverId, hold);
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
