import type { ImageRef } from './disk.ts';

export const MEMORY_FORMAT = 'rewind-memory/1';

/** Its key in the `environment` of its snapshot. */
export const SAVED_MEMORY = 'saved_memory';

/**
 * What is known of a saved memory. It is written on the memory's image when that is complete: an image without it does
 * not count.
 */
export interface SavedMemory {
  format: typeof MEMORY_FORMAT;
  image: ImageRef;
  /** `stream`: the image is the saved file. `image`: the file lies in a file system on the image. */
  store: 'image' | 'stream';
  /** Size of the saved file. */
  bytes: number;
  /** Hash of the saved file, hex. */
  sha256: string;
  /** The server's id. */
  domain: string;
  ramBytes: number;
  vcpus: number;
  /** Disks with their images, interfaces with their addresses: `disk vda vms/…`, sorted. */
  devices: string[];
  /** QEMU's name of the machine type: `pc-i440fx-7.2`. */
  machine: string;
  /** The host's CPU: its model, and a digest of everything that libvirt says about it. */
  hostCpu: string;
  qemu: string;
  libvirt: string;
  /** The instant, ISO 8601 in UTC. */
  at: string;
}

/**
 * `saved`: what was reported to the worker when the memory was saved. It comes with the worker's seal; what is written
 * on the image could have been written by any host that has Rewind's key of Ceph.
 */
interface MemoryWork {
  serverId: string;
  memory: ImageRef;
}

/** Request to save the memory of a running server and snap each of its disks, all of one instant. */
export interface TakeMemoryRequest extends MemoryWork {
  what: 'take-memory';
  images: ImageRef[];
  snap: string;
}

/** Request to check the saved memory and bring it to the host; the server may still run. */
export interface StageMemoryRequest extends MemoryWork {
  what: 'stage-memory';
  saved?: SavedMemory | undefined;
}

/**
 * Request to let the server go on from its saved memory. Its disks must be those of the instant already. Works once: a
 * server that ran has changed its disks, and the memory no longer fits them.
 */
export interface RestoreMemoryRequest extends MemoryWork {
  what: 'restore-memory';
  saved?: SavedMemory | undefined;
  /** Changes each time the disks are put back. */
  attempt: string;
}

export type MemoryRequest = TakeMemoryRequest | StageMemoryRequest | RestoreMemoryRequest;

export interface MemoryRestored {
  /** True: it ran already, because an earlier attempt got so far. */
  already: boolean;
  /** Whether the guest's clock is right, as its agent read it after it was set. */
  clockSet: boolean;
  /** Its error, ms (less than 0: behind); null: unknown. */
  clockOffMs?: number | null;
}
