import type { ServedDisk } from '../../domain/targets/served-disk.ts';

/** The addresses at which gateways serve disks, by the hash of their token. An address ends with its operation. */
export interface ServedDisks {
  /** Closes an older address of the same disk and operation. */
  open(tokenSha256: string, disk: ServedDisk): Promise<void>;
  /** Undefined: there is none, or its operation has ended. */
  find(tokenSha256: string): Promise<ServedDisk | undefined>;
  /** Idempotent. */
  close(operationId: string, diskId: string): Promise<void>;
}
