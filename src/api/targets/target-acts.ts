import type { Caller } from '../../domain/caller.ts';
import { RewindError } from '../../domain/errors.ts';
import type { ShownTarget } from '../../domain/targets/shown-target.ts';
import type { TargetReport } from '../../domain/targets/target-report.ts';
import type { ServiceDeps } from '../shared/api-deps.ts';
import { defaultTargetOf, usableTargets } from '../shared/usable-targets.ts';

/** Workers report each minute. */
const STALE_MS = 5 * 60_000;

/** In the order of the settings. Rejects with `forbidden` (403). */
export async function listTargets(deps: ServiceDeps, caller: Caller): Promise<ShownTarget[]> {
  const own = { project_id: caller.projectId, user_id: caller.userId };
  deps.policy.enforce('vm-backup:targets:list', caller, own);
  return await targetsOfCaller(deps, caller);
}

/** Rejects with `forbidden` (403), `target.not-found` (404). */
export async function showTarget(deps: ServiceDeps, caller: Caller, name: string): Promise<ShownTarget> {
  const own = { project_id: caller.projectId, user_id: caller.userId };
  deps.policy.enforce('vm-backup:targets:show', caller, own);
  const found = (await targetsOfCaller(deps, caller)).find((target) => target.name === name);
  if (!found) throw new RewindError('target.not-found', 'There is no target of this name.');
  return found;
}

/** The targets that the caller's project may use, with its own default. */
async function targetsOfCaller(deps: ServiceDeps, { projectId }: Caller): Promise<ShownTarget[]> {
  const usable = usableTargets(deps.settings, projectId);
  const standard = defaultTargetOf(deps.settings, projectId);
  const shown = (await shownTargets(deps)).filter(({ name }) => usable.includes(name));
  return shown.map((target) => ({ ...target, default: target.name === standard }));
}

/**
 * What the settings contain and what workers reported about it. A target counts as available unless a host says
 * otherwise.
 */
export async function shownTargets(
  deps: Pick<ServiceDeps, 'targetReports' | 'clock' | 'settings'>,
): Promise<ShownTarget[]> {
  const { targetNames, targetTypes, defaultTarget } = deps.settings;
  const since = new Date(deps.clock.now() - STALE_MS).toISOString();
  const recent = (await deps.targetReports.list()).filter((report) => report.reported_at >= since);
  return targetNames.map((name) => ({
    name,
    type: (targetTypes[name] ?? '') as ShownTarget['type'],
    default: name === defaultTarget,
    ...stateOf(recent.filter((report) => report.target === name)),
  }));
}

type State = Omit<ShownTarget, 'name' | 'type' | 'default'>;

/** `reports`: newest first. */
function stateOf(reports: TargetReport[]): State {
  const newest = reports[0];
  const bad = reports.find((report) => !report.available);
  const room = reports.find((report) => report.total_bytes !== null);
  return {
    available: newest ? bad === undefined : null,
    fail_code: bad?.fail_code ?? null,
    total_bytes: room?.total_bytes ?? null,
    free_bytes: room?.free_bytes ?? null,
    reported_at: newest?.reported_at ?? null,
  };
}
