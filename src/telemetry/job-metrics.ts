import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

const BUCKETS_SECONDS = [0.01, 0.1, 1, 5, 15, 60, 300, 900, 3_600];

/** Metrics of periodic jobs: `job` is the name in the registry. */
export function jobMetrics(registers: Registry[]) {
  const looks = new Counter({
    name: 'rewind_job_looks_total',
    help: 'Looks of a periodic job: done, failed, or not-ours while another process has its turn',
    labelNames: ['job', 'outcome'] as const,
    registers,
  });
  const took = new Histogram({
    name: 'rewind_job_look_duration_seconds',
    help: 'Time that a look of a periodic job took, of those that were done',
    labelNames: ['job'] as const,
    buckets: BUCKETS_SECONDS,
    registers,
  });
  const done = new Gauge({
    name: 'rewind_job_last_done_timestamp_seconds',
    help: 'When a periodic job was done last in this process, in seconds since 1970',
    labelNames: ['job'] as const,
    registers,
  });
  return {
    /** `outcome`: done, failed, not-ours. */
    jobLooked(job: string, outcome: string, seconds: number): void {
      looks.inc({ job, outcome });
      if (outcome !== 'done') return;
      took.observe({ job }, seconds);
      done.setToCurrentTime({ job });
    },
  };
}
