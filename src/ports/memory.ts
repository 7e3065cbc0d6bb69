import type { ImageRef } from '../domain/points/disk.ts';
import type { SavedMemory } from '../domain/points/memory-point.ts';

/** A domain as libvirt describes it. */
export interface DomainFacts {
  ramBytes: number;
  /** What QEMU holds of the host's memory now; null when nobody tells. */
  residentBytes: number | null;
  vcpus: number;
  machine: string;
  /** `vda`, …: all disks, also those that are not in Ceph. */
  disks: string[];
  /** See SavedMemory. */
  devices: string[];
  /** Devices whose state is not in the saved memory: `hostdev`, … Empty: it can be saved. */
  passthrough: string[];
}

interface HostFacts {
  cpu: string;
  qemu: string;
  libvirt: string;
}

/** What the hypervisor does with memory; see also Hypervisor. Failures are RewindErrors `hypervisor.*`. */
export interface MemoryHypervisor {
  /** `next`: as it will be when it is started the next time. */
  facts(domain: string, of: 'running' | 'next'): Promise<DomainFacts>;
  host(): Promise<HostFacts>;
  /** Of a paused domain, which stays paused. The file is there already. Ends early when the domain is let go. */
  saveMemory(domain: string, path: string, disks: readonly string[]): Promise<void>;
  /** Starts a defined domain that is off from a saved file; it runs. Rejects with `memory.not-restored`. */
  restoreMemory(domain: string, path: string): Promise<void>;
}

/** Images that hold memory. Failures are RewindErrors `ceph.*`. */
export interface MemoryImages {
  /** There must be none of this name. */
  importFile(ref: ImageRef, path: string): Promise<void>;
  /** The file must not be there. */
  exportFile(ref: ImageRef, path: string): Promise<void>;
  create(ref: ImageRef, sizeBytes: number): Promise<void>;
  /** After this the image is whole. */
  describe(ref: ImageRef, saved: SavedMemory): Promise<void>;
  /** Undefined: there is no whole one. */
  read(ref: ImageRef): Promise<SavedMemory | undefined>;
  /** Notes on the image that a server is about to go on from it, or (null) that it did not. */
  noteBegun(ref: ImageRef, attempt: string | null): Promise<void>;
  /** The last attempt that was noted. */
  begun(ref: ImageRef): Promise<string | null>;
  /** Absent is fine. `ceph.busy`: a killed client's watch lasts some thirty seconds. */
  remove(ref: ImageRef): Promise<void>;
}

/** A file on this host that memory is saved into or restored from. */
export interface MemoryFile {
  path: string;
  /** Bytes per second that can be written here, for sure, as measured now. */
  measure(): Promise<number>;
  /** Brings what was saved into Ceph, in whole. */
  keep(): Promise<{ bytes: number; sha256: string }>;
  /** Leaves nothing on this host. Safe at any time, and twice. */
  drop(): Promise<void>;
}

/** Where memory is kept: see SavedMemory.store. Failures are RewindErrors `memory.store-failed`, `ceph.*`. */
export interface MemoryStore {
  readonly kind: SavedMemory['store'];
  open(ref: ImageRef, capacityBytes: number): Promise<MemoryFile>;
  /** Every byte is checked before it resolves; else `memory.damaged`. */
  fetch(ref: ImageRef, saved: SavedMemory): Promise<MemoryFile>;
}

export interface MemoryStores {
  /** For what is saved from now on. */
  preferred: MemoryStore;
  /** Rejects with `memory.store-unavailable` when this host cannot read it. */
  of(kind: SavedMemory['store']): MemoryStore;
  /** Removes what earlier processes left on this host: mounts, loop devices, daemons, files. */
  sweep(): Promise<void>;
}
