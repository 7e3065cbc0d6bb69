import { RewindError } from '../domain/errors.ts';
import type { Instant } from '../domain/points/instant.ts';
import { MEMORY_FORMAT, type SavedMemory, type TakeMemoryRequest } from '../domain/points/memory-point.ts';
import type { DomainFacts, MemoryFile, MemoryHypervisor, MemoryImages, MemoryStores } from '../ports/memory.ts';
import { heldWhile } from './hold.ts';
import { type InstantParts, refuseStale } from './take-instant.ts';

export interface TakeMemoryParts extends InstantParts {
  memory: MemoryHypervisor;
  images: MemoryImages;
  stores: MemoryStores;
  /** No server stands still for longer while its memory is saved. */
  memoryLimitSeconds: number;
}

/** A measured speed is a momentary one: the guard releases only after this many times the estimate. */
const GUARD_FACTOR = 2;
/** If it takes longer, the watch sets the clock. */
const CLOCK_LIMIT_MS = 60_000;
/** The state of the devices, and zeros, which need little room. */
const DEVICES_BYTES = 32 * 1024 * 1024;

/**
 * Saves the memory and takes one snap of each disk, all of one instant: the domain is paused meanwhile. It is released
 * before the memory is brought into Ceph. An image and snaps of an earlier attempt are replaced.
 * @throws RewindError `memory.not-running`, `memory.not-possible`, `memory.too-large`, and as `takeInstant`
 */
export async function takeMemory(parts: TakeMemoryParts, request: TakeMemoryRequest): Promise<Instant> {
  const { hypervisor, ceph, memory, images, stores, boundary = () => {} } = parts;
  const { serverId, snap } = request;
  await Promise.all([...request.images.map((image) => ceph.removeSnap(image, snap)), images.remove(request.memory)]);
  if ((await hypervisor.state(serverId)) !== 'running') throw notRunning();
  const facts = await memory.facts(serverId, 'running');
  refusePassthrough(facts);
  const host = await memory.host();
  const file = await stores.preferred.open(request.memory, toSave(facts));
  try {
    boundary('memory opened');
    const limitSeconds = await limitOf(parts, facts, file);
    const snaps = await ceph.readySnaps(request.images, snap);
    const { at, pausedMs } = await heldWhile(parts, { serverId, hold: 'memory', limitSeconds }, () =>
      allSettled([
        memory.saveMemory(serverId, file.path, facts.disks).then(() => boundary('memory saved')),
        snaps.take().catch(refuseStale),
      ]),
    ).finally(() => snaps.drop());
    boundary('memory let-go');
    // The server runs already; only we wait for its clock, while its memory is brought into Ceph.
    const [{ bytes, sha256 }, clock] = await allOf(file.keep(), parts.clocks?.mended(serverId, CLOCK_LIMIT_MS) ?? null);
    boundary('memory kept');
    const saved: SavedMemory = {
      format: MEMORY_FORMAT,
      image: request.memory,
      store: stores.preferred.kind,
      bytes,
      sha256,
      domain: serverId,
      ramBytes: facts.ramBytes,
      vcpus: facts.vcpus,
      devices: facts.devices,
      machine: facts.machine,
      hostCpu: host.cpu,
      qemu: host.qemu,
      libvirt: host.libvirt,
      at,
    };
    await images.describe(request.memory, saved);
    boundary('memory described');
    return { at, consistency: 'crash', pausedMs, memory: saved, ...(clock ? { clock } : {}) };
  } finally {
    await file.drop();
  }
}

/** Pages that the guest never touched are not written. */
const toSave = ({ ramBytes, residentBytes }: DomainFacts): number =>
  Math.min(ramBytes, residentBytes ?? ramBytes) + DEVICES_BYTES;

/** Refuses at the beginning rather than breaking off in the middle. */
async function limitOf(parts: TakeMemoryParts, facts: DomainFacts, file: MemoryFile): Promise<number> {
  const { hardLimitSeconds, memoryLimitSeconds } = parts;
  const bytesPerSecond = await file.measure();
  const seconds = toSave(facts) / bytesPerSecond;
  parts.log.info('memory is about to be saved', { bytes: toSave(facts), bytes_per_second: Math.round(bytesPerSecond) });
  if (hardLimitSeconds + seconds > Math.max(memoryLimitSeconds, hardLimitSeconds * 2)) throw tooLarge();
  // Half the usual limit is plenty for the snaps: a small server is released as early as one without memory.
  const guarded = Math.max(hardLimitSeconds, Math.ceil(hardLimitSeconds / 2 + GUARD_FACTOR * seconds));
  return Math.min(Math.max(memoryLimitSeconds, hardLimitSeconds), guarded);
}

async function allOf<A, B>(one: Promise<A>, other: Promise<B> | B): Promise<[A, B]> {
  const [a, b] = await Promise.allSettled([one, other]);
  if (a.status === 'rejected') throw a.reason;
  if (b.status === 'rejected') throw b.reason;
  return [a.value, b.value];
}

/** Waits for all of them, so that nothing of this attempt happens after its end. */
async function allSettled(works: Promise<unknown>[]): Promise<void> {
  const ends = await Promise.allSettled(works);
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

export function refusePassthrough({ passthrough }: Pick<DomainFacts, 'passthrough'>): void {
  if (passthrough.length === 0) return;
  throw new RewindError('memory.not-possible', {
    hint: `${passthrough.join(', ')}: take the snapshot without memory.`,
  });
}

const notRunning = (): RewindError => new RewindError('memory.not-running');

const tooLarge = (): RewindError => new RewindError('memory.too-large');
