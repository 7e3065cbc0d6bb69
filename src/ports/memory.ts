import type { ImageRef } from '../domain/points/disk.ts';
import type { SavedMemory } from '../domain/points/memory-point.ts';

/** A domain as libvirt describes it. */
export interface DomainFacts {
  ramBytes: number;
  /** What QEMU holds of the host's memory now; null when unknown. */
  residentBytes: number | null;
  vcpus: number;
  machine: string;
  /** `vda`, …: all disks, also those that are not in Ceph. */
  disks: string[];
  /** See SavedMemory. */
  devices: string[];
  /** Devices whose state is not in the saved memory: `hostdev`, … Empty: the memory can be saved. */
  passthrough: string[];
}

interface HostFacts {
  cpu: string;
  qemu: string;
  libvirt: string;
}

/** What the hypervisor does with memory; see also Hypervisor. Failures are RewindErrors `hypervisor.*`. */
export interface MemoryHypervisor {
  /** `next`: the domain as it will be when it is next started. */
  facts(domain: string, of: 'running' | 'next'): Promise<DomainFacts>;
  host(): Promise<HostFacts>;
  /** For a paused domain, which stays paused. The file must exist. Ends early when the domain is released. */
  saveMemory(domain: string, path: string, disks: readonly string[]): Promise<void>;
  /** Starts a defined domain that is off from a saved file; then it runs. Rejects with `memory.not-restored`. */
  restoreMemory(domain: string, path: string): Promise<void>;
}

/** Images that hold memory. Failures are RewindErrors `ceph.*`. */
export interface MemoryImages {
  /** No image of this name may exist. */
  importFile(ref: ImageRef, path: string): Promise<void>;
  /** The file must not exist. */
  exportFile(ref: ImageRef, path: string): Promise<void>;
  create(ref: ImageRef, sizeBytes: number): Promise<void>;
  /** After this the image is complete. */
  describe(ref: ImageRef, saved: SavedMemory): Promise<void>;
  /** Undefined: there is no complete one. */
  read(ref: ImageRef): Promise<SavedMemory | undefined>;
  /** Records on the image that a server is about to go on from it or, with null, that it did not. */
  noteBegun(ref: ImageRef, attempt: string | null): Promise<void>;
  /** The last recorded attempt. */
  begun(ref: ImageRef): Promise<string | null>;
  /** Absent is fine. `ceph.busy`: a killed client's watch lasts some thirty seconds. */
  remove(ref: ImageRef): Promise<void>;
}

/** A file on this host from which memory is restored, or into which it is saved. */
export interface MemoryFile {
  path: string;
  /** The bytes per second that can certainly be written here, as measured now. */
  measure(): Promise<number>;
  /** Brings all of the saved memory into Ceph. */
  keep(): Promise<{ bytes: number; sha256: string }>;
  /** Removes everything from this host. Safe at any time, and twice. */
  drop(): Promise<void>;
}

/** Where memory is kept: see SavedMemory.store. Failures are RewindErrors `memory.store-failed`, `ceph.*`. */
export interface MemoryStore {
  readonly kind: SavedMemory['store'];
  open(ref: ImageRef, capacityBytes: number): Promise<MemoryFile>;
  /** Every byte is checked before it resolves; otherwise it rejects with `memory.damaged`. */
  fetch(ref: ImageRef, saved: SavedMemory): Promise<MemoryFile>;
}

export interface MemoryStores {
  /** The store for new saves. */
  preferred: MemoryStore;
  /** Rejects with `memory.store-unavailable` when this host cannot read it. */
  of(kind: SavedMemory['store']): MemoryStore;
  /** Removes what earlier processes left on this host: mounts, loop devices, daemons, files. */
  sweep(): Promise<void>;
}
