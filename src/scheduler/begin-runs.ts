import { createBackup } from '../api/backups/create.ts';
import type { Caller } from '../domain/caller.ts';
import { asRewindError, type ErrorCode, fullCode, RewindError } from '../domain/errors.ts';
import { busy } from '../domain/operations/busy.ts';
import { fairOrder } from '../domain/operations/fair-turns.ts';
import { holdsOf } from '../domain/operations/holds.ts';
import type { BackupPolicy, PolicyRun } from '../domain/policies/backup-policy.ts';
import type { SchedulerParts } from './parts.ts';
import { knownPlaces, Places, placesOfServer } from './places.ts';
import { allRuns, missRun, refuseRun } from './runs.ts';

/** Errors that do not get better before the end of the window. */
const HOPELESS: readonly string[] = (
  [
    ...['server.not-found', 'server.no-disks', 'server.too-many-disks', 'volume.encrypted', 'volume.multiattach'],
    ...['volume.not-yours', 'target.unknown', 'policy.rights-lost', 'policy.credential-gone', 'forbidden'],
    ...['policy.disabled'],
  ] as const satisfies readonly ErrorCode[]
).map(fullCode);
/** Errors that may get better, but are not waited for longer than a day, however long the window is. */
const FOR_A_DAY: readonly string[] = [fullCode('server.wrong-state'), fullCode('volume.wrong-state')];
const MS_PER_DAY = 86_400_000;
/**
 * Runs of one project that one look sees: more than a project may have under way, because runs that were refused make
 * way for others.
 */
const MOST_OF_PROJECT = 200;
/** How long a refused run waits before it is looked at again, unless only an operation of ours holds its server. */
const PAUSE_MS = 30_000;

type Acting = (policy: BackupPolicy) => Promise<Caller>;

/**
 * Begins the runs that are due: projects take turns, and no project, target, host or pool has more under way than its
 * limit. Each run becomes an operation in the transaction that marks it as begun: a second attempt to begin it is
 * refused.
 */
export class RunStarter {
  readonly #parts: SchedulerParts;
  /** Run → when it may be tried again, monotonic ms. Lost with the process, which only costs a try. */
  readonly #pauses = new Map<string, number>();

  constructor(parts: SchedulerParts) {
    this.#parts = parts;
  }

  async begin(acting: Acting): Promise<void> {
    const { deps, settings } = this.#parts;
    const now = new Date(deps.clock.now()).toISOString();
    const waiting = await deps.policies.dueRuns(now, MOST_OF_PROJECT);
    for (const [id, until] of this.#pauses) if (until <= deps.clock.monotonic()) this.#pauses.delete(id);
    if (waiting.length === 0) return;
    const open = await allRuns(deps, [{ field: 'status', op: 'eq', values: ['submitted'] }]);
    const places = new Places(settings.most, open);
    const perProject = Map.groupBy(open, (run) => run.project_id);
    const counts = new Map([...perProject].map(([project, runs]) => [project, runs.length]));
    for (const run of fairOrder(waiting, counts)) {
      if (run.until_at < now) await missRun(this.#parts, run);
      else if (this.#mayTry(run) && places.allow(knownPlaces(run))) await this.#try(run, places, acting);
    }
  }

  #mayTry(run: PolicyRun): boolean {
    return (this.#pauses.get(run.id) ?? 0) <= this.#parts.deps.clock.monotonic();
  }

  async #try(run: PolicyRun, places: Places, acting: Acting): Promise<void> {
    const { deps } = this.#parts;
    try {
      // Checked first, so that a busy server is not refused in the audit every few seconds.
      const other = await deps.operations.inTheWay(holdsOf('create-backup/1', { serverId: run.server_id }));
      if (other) throw busy(other, run.project_id);
      const there = await placesOfServer(this.#parts, run.server_id);
      if (!there) throw new RewindError('server.not-found', 'There is no such server in the project.');
      if (!places.allow(there)) return;
      const policy = await deps.policies.policy(run.policy_id, run.project_id);
      if (!policy?.enabled) throw new RewindError('policy.disabled');
      const backup = await createBackup(deps, await acting(policy), requestOf(run, policy, there));
      places.take([...knownPlaces(run), ...there]);
      deps.log.info('a policy’s backup has begun', { policy_id: policy.id, run_id: run.id, backup_id: backup.id });
    } catch (error) {
      await this.#refused(run, asRewindError(error));
    }
  }

  async #refused(run: PolicyRun, why: RewindError): Promise<void> {
    const { deps } = this.#parts;
    if (why.code === fullCode('policy-run.taken')) return;
    const now = deps.clock.now();
    if (HOPELESS.includes(why.code) || (FOR_A_DAY.includes(why.code) && now - waitsSince(run) > MS_PER_DAY)) {
      await refuseRun(this.#parts, run, why);
      return;
    }
    if (why.fault !== 'failed') deps.log.warn('a policy’s backup could not begin yet', { run_id: run.id, err: why });
    if (why.code !== fullCode('server.busy')) this.#pauses.set(run.id, deps.clock.monotonic() + PAUSE_MS);
    // Kept on the run: if its window ends, this is the reason. The run then goes behind those that were not looked at
    // since.
    if (run.fail_code === why.code && now - Date.parse(run.updated_at) < PAUSE_MS) return;
    const noted = { fail_code: why.code, fail_reason: why.message, updated_at: new Date(now).toISOString() };
    await deps.policies.changeRun(run.id, 'waiting', noted);
  }
}

const waitsSince = (run: PolicyRun): number => Math.max(Date.parse(run.due_at), Date.parse(run.created_at));

const requestOf = (run: PolicyRun, policy: BackupPolicy, places: string[]) => ({
  server_id: run.server_id,
  name: policy.name,
  description: null,
  incremental: null,
  consistency: policy.consistency,
  target: run.target,
  metadata: {},
  run: { ...run, places },
});
