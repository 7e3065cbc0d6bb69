import { hasCode, RewindError } from '../domain/errors.ts';
import type { Instant, InstantRequest } from '../domain/points/instant.ts';
import type { Ceph } from '../ports/ceph.ts';
import type { Hold } from '../ports/hypervisor.ts';
import type { Clock } from '../ports/system.ts';
import { type HoldParts, heldWhile, letGoError } from './hold.ts';

export interface InstantParts extends HoldParts {
  ceph: Pick<Ceph, 'createSnap' | 'readySnaps' | 'removeSnap'>;
  /** When the guard releases the server, whatever happens. */
  hardLimitSeconds: number;
}

/**
 * Takes one snap of each disk, all at one instant. A server that does not run needs nothing else; otherwise its file
 * systems are frozen or the domain is paused, as requested. Existing snaps of the same name are replaced. Whatever
 * happens, the server is released: by us, by the watch of this host, or by the guard.
 * @throws RewindError `instant.no-guest-agent`, `instant.frozen` (retry), `instant.freeze-timeout`, `instant.unsettled`
 * (retry), `instant.too-slow` (retry), `instant.let-go` (retry), `instant.stale-snap` (retry), `ceph.*`, `hypervisor.*`
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
    try {
      // A freeze that the guest made itself is not ours to undo.
      const frozen = await hypervisor.isFrozen(serverId);
      if (frozen !== false) throw frozen === null ? await deaf(parts, serverId) : frozenByOthers();
      return await heldInstant(parts, request, 'freeze');
    } catch (error) {
      // The freeze is undone, or noted until it is: only then may the server be paused instead.
      if (wanted === 'filesystem') throw error;
      parts.log.warn('not frozen; paused instead', { server_id: serverId, err: error });
      await Promise.all(images.map((image) => ceph.removeSnap(image, snap)));
    }
  }
  return heldInstant(parts, request, 'pause');
}

async function heldInstant(parts: InstantParts, request: InstantRequest, hold: Hold): Promise<Instant> {
  const { images, snap, serverId } = request;
  const snaps = await parts.ceph.readySnaps(images, snap);
  try {
    const holding = { serverId, hold, limitSeconds: parts.hardLimitSeconds };
    const { at, pausedMs, holdingMs } = await heldWhile(parts, holding, () => snaps.take().catch(refuseStale));
    parts.log.info('a server was held', { server_id: serverId, hold, paused_ms: pausedMs, holding_ms: holdingMs });
    return { at, consistency: hold === 'freeze' ? 'filesystem' : 'crash', pausedMs };
  } finally {
    await snaps.drop();
  }
}

/** A snap of this name appeared in between: an earlier attempt asked for it, and it shows another moment. */
export function refuseStale(error: unknown): never {
  if (!hasCode(error, 'ceph.exists')) throw error;
  throw new RewindError('instant.stale-snap', { cause: error });
}

const iso = (clock: Clock): string => new Date(clock.now()).toISOString();

/** The agent does not answer, either because there is none or because it still works on an earlier request. */
async function deaf({ held }: InstantParts, serverId: string): Promise<RewindError> {
  const notes = await held.all();
  const pending = notes.some(({ domain, hold }) => domain === serverId && hold === 'freeze');
  if (!pending) return noGuestAgent();
  return new RewindError('instant.unsettled', {
    hint: 'Its freeze hook takes longer than agent.freeze_seconds, or hangs.',
  });
}

const noGuestAgent = (): RewindError => new RewindError('instant.no-guest-agent');

const frozenByOthers = (): RewindError => new RewindError('instant.frozen');
