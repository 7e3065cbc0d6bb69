import { hasCode, RewindError } from '../domain/errors.ts';
import { imageSpec } from '../domain/points/disk.ts';
import type {
  MemoryRestored,
  RestoreMemoryRequest,
  SavedMemory,
  StageMemoryRequest,
} from '../domain/points/memory-point.ts';
import type { Hypervisor } from '../ports/hypervisor.ts';
import type { DomainFacts, MemoryFile, MemoryHypervisor, MemoryImages, MemoryStores } from '../ports/memory.ts';
import type { Clock, Log } from '../ports/system.ts';
import type { Clocks } from './guest-clocks.ts';
import { refusePassthrough } from './take-memory.ts';

export interface RestoreMemoryParts {
  hypervisor: Pick<Hypervisor, 'state'>;
  memory: MemoryHypervisor;
  images: MemoryImages;
  stores: MemoryStores;
  clocks: Pick<Clocks, 'setNow'>;
  clock: Clock;
  log: Log;
  boundary?: (place: string) => void;
}

/** A guest that is busy, or swapped out, needs time. */
const CLOCK_LIMIT_MS = 120_000;

/** What was staged and never used must not stay on the host for ever. */
const STAGED_FOR_MS = 30 * 60_000;

export interface MemoryRestorer {
  stage(request: StageMemoryRequest): Promise<SavedMemory>;
  restore(request: RestoreMemoryRequest): Promise<MemoryRestored>;
  /** After this, nothing stays on the host. */
  close(): Promise<void>;
}

/**
 * Brings a saved memory to this host and lets a server go on from it. Between the two steps the worker puts the disks
 * back and tells Nova that the server is active. Both refuse with `memory.missing`, `memory.other-server`,
 * `memory.other-host`, `memory.changed`, `memory.not-possible`, `memory.damaged`, `memory.store-unavailable`; a restore
 * also with `memory.begun` when an earlier one of the same attempt may have run the server, `memory.not-restored`,
 * `memory.not-off` (retry).
 */
export function memoryRestorer(parts: RestoreMemoryParts): MemoryRestorer {
  const { hypervisor, memory, images, stores, clock, log, boundary = () => {} } = parts;
  const staged = new Map<string, { saved: SavedMemory; file: MemoryFile; forget: AbortController }>();
  const drop = async (serverId: string): Promise<void> => {
    const one = staged.get(serverId);
    staged.delete(serverId);
    one?.forget.abort();
    await one?.file.drop();
  };
  const stage = async ({ serverId, memory: ref, saved: told }: Omit<StageMemoryRequest, 'what'>) => {
    await drop(serverId);
    // For a snapshot of an earlier release, only the image itself describes the memory.
    if (!told) log.warn('a memory of an earlier release is believed as it lies there', { server_id: serverId });
    const saved = told ?? (await images.read(ref));
    if (!saved || imageSpec(saved.image) !== imageSpec(ref)) throw missing();
    await refuseUnfit(parts, serverId, saved);
    const file = await stores.of(saved.store).fetch(ref, saved);
    const forget = new AbortController();
    staged.set(serverId, { saved, file, forget });
    void clock.sleep(STAGED_FOR_MS, forget.signal).then(
      () => drop(serverId).catch((err) => log.error('staged memory was not removed', { server_id: serverId, err })),
      () => undefined,
    );
    boundary('memory staged');
    return saved;
  };
  return {
    stage,
    async restore({ serverId, memory: ref, saved: told, attempt }) {
      const state = await hypervisor.state(serverId);
      const begun = (await images.begun(ref)) === attempt;
      if (state === 'running' && begun) {
        await drop(serverId);
        return { already: true, ...(await clockOf(parts, serverId)) };
      }
      if (state !== 'off') throw notHere();
      if (begun) throw begunBefore();
      const there = staged.get(serverId)?.saved;
      const wanted = told?.sha256 ?? there?.sha256;
      if (there?.image.image !== ref.image || there.sha256 !== wanted)
        await stage({ serverId, memory: ref, saved: told });
      const { file, saved } = staged.get(serverId) ?? {};
      if (!file || !saved) throw missing();
      try {
        await refuseUnfit(parts, serverId, saved);
        await images.noteBegun(ref, attempt);
        boundary('memory begun');
        await memory.restoreMemory(serverId, file.path).catch(async (error) => {
          // Only a memory that is known not to have run may be tried again.
          if (hasCode(error, 'memory.not-restored') && (await hypervisor.state(serverId)) === 'off')
            await images.noteBegun(ref, null);
          throw error;
        });
        boundary('memory restored');
      } finally {
        await drop(serverId);
      }
      return { already: false, ...(await clockOf(parts, serverId)) };
    },
    async close() {
      for (const serverId of staged.keys()) await drop(serverId);
    },
  };
}

/**
 * The guest's agent does not answer at once: its channel was cut while it slept. Without an agent nobody can set the
 * clock.
 */
async function clockOf({ clocks }: RestoreMemoryParts, serverId: string) {
  const { set, offMs } = await clocks.setNow(serverId, CLOCK_LIMIT_MS);
  return { clockSet: set, clockOffMs: offMs };
}

/** QEMU itself would find only some of this, too late and with messages of its own; the rest would crash the guest. */
async function refuseUnfit(
  { hypervisor, memory }: RestoreMemoryParts,
  serverId: string,
  saved: SavedMemory,
): Promise<void> {
  if (saved.domain !== serverId) {
    throw new RewindError('memory.other-server');
  }
  if ((await hypervisor.state(serverId)) === 'absent') throw notHere();
  const [facts, host] = [await memory.facts(serverId, 'next'), await memory.host()];
  refusePassthrough(facts);
  const changed = differences(facts, saved);
  if (changed.length > 0) {
    throw new RewindError('memory.changed', {
      hint: `Changed since: ${changed.join(', ')}. Restore its disks without the memory.`,
    });
  }
  if (host.cpu !== saved.hostCpu || older(host.qemu, saved.qemu)) {
    throw new RewindError('memory.other-host');
  }
}

function differences(facts: DomainFacts, saved: SavedMemory): string[] {
  const changed: string[] = [];
  if (facts.ramBytes !== saved.ramBytes) changed.push('its memory');
  if (facts.vcpus !== saved.vcpus) changed.push('its CPUs');
  // QEMU would open devices that Nova and Cinder think are detached, or lack devices that they think are attached.
  if (facts.devices.join('\n') !== saved.devices.join('\n')) changed.push('its disks or interfaces');
  // `pc` and `q35` are names for the newest of their kind; the saved name says which one it was then.
  if (/-\d/.test(facts.machine) && facts.machine !== saved.machine) changed.push('its machine type');
  return changed;
}

/** Compares dotted version numbers; saved memory can be read by newer releases, not by older ones. */
export function older(version: string, than: string): boolean {
  const [mine, theirs] = [version, than].map((text) => text.split('.').map(Number));
  for (let n = 0; n < 2; n += 1) {
    const [a, b] = [mine?.[n] ?? 0, theirs?.[n] ?? 0];
    if (a !== b) return a < b;
  }
  return false;
}

const begunBefore = (): RewindError => new RewindError('memory.begun');

const missing = (): RewindError => new RewindError('memory.missing');

const notHere = (): RewindError => new RewindError('memory.not-off');
