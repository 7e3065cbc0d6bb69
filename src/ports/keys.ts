import type { KeyObject } from 'node:crypto';
import type { Target } from './target.ts';

/** A secret, wrapped by a root key. */
interface WrappedSecret {
  /** Id of the root key that wrapped it. */
  rootKey: string;
  /** Hex; whatever the holder of the root key needs to unwrap it. */
  wrapped: string;
}

/**
 * The operator's root keys: at present a key file. Barbican fits behind this port: `rootKey` is then a secret's
 * reference, and the secret never leaves the adapter.
 */
export interface RootKeys {
  /** Ids, the newest last. Rejects with `config.encryption-key` (errored) when the keys cannot be read. */
  ids(): Promise<string[]>;
  /** Wraps under the newest key. `boundTo` must be given again to unwrap it. */
  wrap(secret: Uint8Array, boundTo: string): Promise<WrappedSecret>;
  /**
   * Rejects with `keys.root-missing` (errored) for an unknown root key, and with `keys.unwrap-failed` when it does not
   * fit.
   */
  unwrap(wrapped: WrappedSecret, boundTo: string): Promise<Uint8Array>;
}

/** A project's key on one target. It encrypts only the keys of runs. */
export interface ProjectKey {
  id: string;
  key: KeyObject;
}

export interface KeyRing {
  /**
   * The key under which the project's new runs are written there; made when there is none. Null: they are written in
   * clear.
   */
  current(target: Target, projectId: string): Promise<ProjectKey | null>;
  /**
   * Rejects with `archive.key-erased`, `archive.key-missing`, `keys.root-missing` or `config.encryption-key` (all
   * errored), or `archive.damaged`.
   */
  find(target: Target, projectId: string, keyId: string): Promise<ProjectKey>;
}
