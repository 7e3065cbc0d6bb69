import type { KeyObject } from 'node:crypto';
import type { Target } from './target.ts';

/** What a root key made of a secret. */
interface WrappedSecret {
  /** Which root key did it. */
  rootKey: string;
  /** Hex; whatever the holder of the root key needs to undo it. */
  wrapped: string;
}

/**
 * The operator's root keys: a key file now. Barbican fits behind it: `rootKey` is then a secret's reference, and what it
 * refers to never leaves the adapter.
 */
export interface RootKeys {
  /** Ids, the newest last. Rejects with `config.encryption-key` (errored) when the keys cannot be had. */
  ids(): Promise<string[]>;
  /** Under the newest. `boundTo` must be given again to unwrap it. */
  wrap(secret: Uint8Array, boundTo: string): Promise<WrappedSecret>;
  /** Rejects with `keys.root-missing` (errored) for an unknown root key, `keys.unwrap-failed` when it does not fit. */
  unwrap(wrapped: WrappedSecret, boundTo: string): Promise<Uint8Array>;
}

/** A project's key on one target. It encrypts nothing but the keys of runs. */
export interface ProjectKey {
  id: string;
  key: KeyObject;
}

export interface KeyRing {
  /** Under which the project's new runs are written there; made when there is none. Null: they are written in clear. */
  current(target: Target, projectId: string): Promise<ProjectKey | null>;
  /**
   * Rejects with `archive.key-erased`, `archive.key-missing`, `keys.root-missing` or `config.encryption-key` (all
   * errored), or `archive.damaged`.
   */
  find(target: Target, projectId: string, keyId: string): Promise<ProjectKey>;
}
