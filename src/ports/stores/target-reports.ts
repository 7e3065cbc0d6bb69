import type { TargetReport } from '../../domain/targets/target-report.ts';

/** How targets are doing, for those who hold no key of any. */
export interface TargetReports {
  /** Replaces the host's report before this. */
  put(report: TargetReport): Promise<void>;
  /** All of them, of hosts that are gone as well: their time tells. */
  list(): Promise<TargetReport[]>;
}
