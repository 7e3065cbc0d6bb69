import type { RunRef } from '../archive/manifests/manifest.ts';
import { openDisk, type ReaderCaches } from '../archive/serving/disk-reader.ts';
import { VirtualQcow2 } from '../archive/serving/virtual-qcow2.ts';
import { BoundedMap } from '../domain/bounded-map.ts';
import { type ServedDisk, tokenHash } from '../domain/targets/served-disk.ts';
import type { KeyRing } from '../ports/keys.ts';
import type { ServedDisks } from '../ports/stores/served-disks.ts';
import type { Clock } from '../ports/system.ts';
import type { Targets } from '../ports/target.ts';
import { BELIEVE_MS, IDLE_MS, MAX_OPEN_DISKS } from './gateway-limits.ts';

export interface OpenDisk {
  served: ServedDisk;
  file: Promise<VirtualQcow2>;
}

interface Known extends OpenDisk {
  believedUntil: number;
  usedAt: number;
}

export interface OpenDisksDeps {
  disks: ServedDisks;
  targets: Targets;
  keys: KeyRing;
  caches: ReaderCaches;
  clock: Clock;
}

/** The disks that are being read, by the hash of their address. */
export class OpenDisks {
  readonly #deps: OpenDisksDeps;
  readonly #known = new BoundedMap<string, Known>(MAX_OPEN_DISKS);

  constructor(deps: OpenDisksDeps) {
    this.#deps = deps;
  }

  /** Undefined: the address does not exist, or no longer. Rejects when the database or the target does not answer. */
  async find(token: string): Promise<OpenDisk | undefined> {
    const hash = tokenHash(token);
    const now = this.#deps.clock.monotonic();
    this.#closeIdle(now);
    const known = this.#known.get(hash);
    if (known && now < known.believedUntil) return this.#used(hash, known, now);
    const served = await this.#deps.disks.find(hash);
    if (!served) {
      this.#known.delete(hash);
      return undefined;
    }
    const { served: _before, file } = known ?? this.#open(hash, served);
    return this.#used(hash, { served, file, believedUntil: now + BELIEVE_MS, usedAt: now }, now);
  }

  /** Whether the address was found before and is not forgotten. Asks neither the database nor the target. */
  knows(token: string): boolean {
    return this.#known.has(tokenHash(token));
  }

  #open(hash: string, served: ServedDisk): OpenDisk {
    const { targets, keys, caches } = this.#deps;
    const open = async () => {
      const target = targets.get(served.target);
      const reader = await openDisk(target, served.runs as RunRef[], served.size_bytes, { keys, caches });
      return new VirtualQcow2(reader, served.virtual_bytes);
    };
    const file = open();
    // The next request tries again.
    file.catch(() => this.#known.delete(hash));
    return { served, file };
  }

  #used(hash: string, known: Known, now: number): Known {
    known.usedAt = now;
    this.#known.set(hash, known);
    return known;
  }

  #closeIdle(now: number): void {
    for (const [hash, { usedAt }] of this.#known) {
      if (now - usedAt < IDLE_MS) return;
      this.#known.delete(hash);
    }
  }
}
