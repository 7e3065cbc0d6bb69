import type { Caller } from '../../domain/caller.ts';
import { RewindError } from '../../domain/errors.ts';
import type { Message } from '../../domain/message.ts';
import { isUuid } from '../../domain/names.ts';
import type { Operation } from '../../domain/operations/operation.ts';
import type { Backup } from '../../domain/points/backup.ts';
import type { Restore } from '../../domain/points/restore.ts';
import type { Snapshot } from '../../domain/points/snapshot.ts';
import type { BackupPolicy } from '../../domain/policies/backup-policy.ts';
import { forbidden } from '../authorization/enforce.ts';
import type { Rule } from '../authorization/rules.ts';
import type { ServiceDeps } from './api-deps.ts';

type Type = 'backup' | 'snapshot' | 'restore' | 'operation' | 'policy' | 'message';

/** The same answer for what never existed and for what is somebody else's. */
const notFound = (type: Type): RewindError => new RewindError(`${type}.not-found`);

/** Each rejects with `forbidden` (403) or `<type>.not-found` (404). */
export const findBackup = (deps: ServiceDeps, caller: Caller, rule: Rule, id: string): Promise<Backup> =>
  find(deps, caller, rule, 'backup', id, (scope) => deps.catalogue.backup(id, scope));

export const findSnapshot = (deps: ServiceDeps, caller: Caller, rule: Rule, id: string): Promise<Snapshot> =>
  find(deps, caller, rule, 'snapshot', id, (scope) => deps.catalogue.snapshot(id, scope));

export const findRestore = (deps: ServiceDeps, caller: Caller, rule: Rule, id: string): Promise<Restore> =>
  find(deps, caller, rule, 'restore', id, (scope) => deps.catalogue.restore(id, scope));

export const findOperation = (deps: ServiceDeps, caller: Caller, rule: Rule, id: string): Promise<Operation> =>
  find(deps, caller, rule, 'operation', id, (scope) => deps.operations.operation(id, scope));

export const findPolicy = (deps: ServiceDeps, caller: Caller, rule: Rule, id: string): Promise<BackupPolicy> =>
  find(deps, caller, rule, 'policy', id, (scope) => deps.policies.policy(id, scope));

export const findMessage = (deps: ServiceDeps, caller: Caller, rule: Rule, id: string): Promise<Message> =>
  find(deps, caller, rule, 'message', id, (scope) => deps.messages.message(id, scope));

/** The project whose rows a caller may see at all; null: every project's. */
function scopeOf(deps: Pick<ServiceDeps, 'policy'>, caller: Caller): string | null {
  return deps.policy.allows('vm-backup:all_projects', caller, {}) ? null : caller.projectId;
}

async function find<T extends { project_id: string; user_id?: string }>(
  deps: ServiceDeps,
  caller: Caller,
  rule: Rule,
  type: Type,
  id: string,
  load: (scope: string | null) => Promise<T | undefined>,
): Promise<T> {
  // Check the rule against the caller's own project first, so that 403 and 404 do not reveal what exists.
  deps.policy.enforce(rule, caller, { project_id: caller.projectId, user_id: caller.userId });
  const row = isUuid(id) ? await load(scopeOf(deps, caller)) : undefined;
  if (!row) throw notFound(type);
  if (!deps.policy.allows(rule, caller, ownerOf(row)))
    throw row.project_id === caller.projectId ? forbidden(rule) : notFound(type);
  return row;
}

const ownerOf = ({ project_id, user_id }: { project_id: string; user_id?: string }) => ({
  project_id,
  ...(user_id !== undefined && { user_id }),
});
