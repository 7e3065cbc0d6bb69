import type { TargetReport } from '../../domain/targets/target-report.ts';

/** How targets are doing, for processes that hold no key of any. */
export interface TargetReports {
  /** Replaces the host's former report. */
  put(report: TargetReport): Promise<void>;
  /** All reports, also those of hosts that are gone: their time shows that. */
  list(): Promise<TargetReport[]>;
}
