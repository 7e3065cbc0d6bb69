/** What the workers of one host last found out about a target. */
export interface TargetReport {
  target: string;
  host: string;
  /** True: it could be written and read. */
  available: boolean;
  fail_code: string | null;
  /** Bytes; null where the target does not say. */
  total_bytes: number | null;
  free_bytes: number | null;
  reported_at: string;
}
