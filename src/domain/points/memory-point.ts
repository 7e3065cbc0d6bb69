import type { ImageRef } from './disk.ts';

export const MEMORY_FORMAT = 'rewind-memory/1';

/** Where it stands in `environment` of its snapshot. */
export const SAVED_MEMORY = 'saved_memory';

/** What is known of a saved memory. It is written on its image when that is whole: an image without it is none. */
export interface SavedMemory {
  format: typeof MEMORY_FORMAT;
  image: ImageRef;
  /** `stream`: the image is the saved file. `image`: the file lies in a file system on the image. */
  store: 'image' | 'stream';
  /** The saved file. */
  bytes: number;
  /** Of the saved file, hex. */
  sha256: string;
  /** The server's id. */
  domain: string;
  ramBytes: number;
  vcpus: number;
  /** Disks with their images, interfaces with their addresses: `disk vda vms/…`, sorted. */
  devices: string[];
  /** QEMU's name of the machine type: `pc-i440fx-7.2`. */
  machine: string;
  /** Of the host's CPU: its model, and a digest of all that libvirt says about it. */
  hostCpu: string;
  qemu: string;
  libvirt: string;
  /** The instant, ISO 8601 in UTC. */
  at: string;
}

/**
 * `saved`: what the worker was told when the memory was saved. It comes with the worker's seal; what is written on the
 * image, every host with Rewind's key of Ceph could have written.
 */
interface MemoryWork {
  serverId: string;
  memory: ImageRef;
}

/** The memory of a running server, and a snap on each of its disks, all of one instant. */
export interface TakeMemoryRequest extends MemoryWork {
  what: 'take-memory';
  images: ImageRef[];
  snap: string;
}

/** The saved memory is checked and brought to the host; the server may still run. */
export interface StageMemoryRequest extends MemoryWork {
  what: 'stage-memory';
  saved?: SavedMemory | undefined;
}

/**
 * The server goes on from its saved memory. Its disks are those of the instant already. Good for one time: a server
 * that ran has changed its disks, and the memory does not fit them any more.
 */
export interface RestoreMemoryRequest extends MemoryWork {
  what: 'restore-memory';
  saved?: SavedMemory | undefined;
  /** Whatever puts the disks back gives another one. */
  attempt: string;
}

export type MemoryRequest = TakeMemoryRequest | StageMemoryRequest | RestoreMemoryRequest;

export interface MemoryRestored {
  /** It ran already: an earlier attempt got so far. */
  already: boolean;
  /** Whether the guest's clock is right, as its agent read it after it was set. */
  clockSet: boolean;
  /** What it is off by, ms (less than 0: behind); null: nobody tells. */
  clockOffMs?: number | null;
}
