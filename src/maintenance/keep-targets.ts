import { asRewindError } from '../domain/errors.ts';
import type { TargetReport } from '../domain/targets/target-report.ts';
import type { PeriodicJob } from '../periodic/periodic-job.ts';
import type { TargetReports } from '../ports/stores/target-reports.ts';
import type { Clock, Log } from '../ports/system.ts';
import type { Target, Targets } from '../ports/target.ts';

const LOOK_EVERY_MS = 60_000;
/** Writing and reading back takes a few requests, which may cost money. */
const PROBE_EVERY_LOOKS = 5;
const SWEEP_EVERY_LOOKS = 60;
/** No write may take this long: anything older was left by a killed writer. */
const LEFT_BEHIND_MS = 48 * 3_600_000;

export interface KeepTargetsParts {
  targets: Targets;
  reports: TargetReports;
  /** Name of this machine in reports. */
  host: string;
  clock: Clock;
  log: Log;
  /** Marks a new target; resolves to false while it cannot be reached. */
  mark(name: string): Promise<boolean>;
}

/**
 * Marks targets that were away when the worker started, reports to the database how each is doing, and removes what
 * killed writers left. Each target is looked at by itself: one that hangs must not keep the others waiting.
 */
export const keepTargets = (parts: KeepTargetsParts): PeriodicJob[] =>
  parts.targets.names.map((name) => keepTarget(parts, name));

function keepTarget(parts: KeepTargetsParts, name: string): PeriodicJob {
  const { log, mark, reports } = parts;
  const target = parts.targets.get(name);
  let marked = false;
  let failed: string | undefined;
  let looks = 0;
  const look = async () => {
    const number = looks++;
    marked ||= await mark(name);
    const report = await lookAt(parts, target, number % PROBE_EVERY_LOOKS === 0 || failed !== undefined);
    if (report.fail_code !== null && report.fail_code !== failed)
      log.warn('a target cannot be used', { target: name, code: report.fail_code });
    failed = report.fail_code ?? undefined;
    await reports
      .put(report)
      .catch((error) => log.warn('a target could not be reported', { target: name, err: error }));
    if (marked && number % SWEEP_EVERY_LOOKS === 0) await sweep(parts, target);
  };
  return { name: 'keep-targets', after: `the target ${name}`, everyMs: LOOK_EVERY_MS, look };
}

async function lookAt({ host, clock }: KeepTargetsParts, target: Target, closely: boolean): Promise<TargetReport> {
  const report = { target: target.name, host, available: false, fail_code: null, total_bytes: null, free_bytes: null };
  try {
    const space = await target.space();
    if (closely) await target.probe();
    const room = { total_bytes: space?.total ?? null, free_bytes: space?.free ?? null };
    return { ...report, ...room, available: true, reported_at: new Date(clock.now()).toISOString() };
  } catch (error) {
    return { ...report, fail_code: asRewindError(error).code, reported_at: new Date(clock.now()).toISOString() };
  }
}

async function sweep({ log }: KeepTargetsParts, target: Target): Promise<void> {
  try {
    const swept = await target.sweepTemporary(LEFT_BEHIND_MS);
    if (swept > 0) log.info('swept what killed writers left', { target: target.name, files: swept });
  } catch (error) {
    log.warn('a target could not be swept', { target: target.name, err: asRewindError(error) });
  }
}
