import type { Caller } from '../domain/caller.ts';
import type { BackupPolicy } from '../domain/policies/backup-policy.ts';
import type { ServiceDeps } from './deps.ts';
import { findPolicy } from './find.ts';

/** Rejects with `forbidden` (403), `policy.not-found` (404). */
export const showPolicy = (deps: ServiceDeps, caller: Caller, id: string): Promise<BackupPolicy> =>
  findPolicy(deps, caller, 'vm-backup:policies:show', id);
