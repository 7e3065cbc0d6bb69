import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** What the engine counts. */
export interface OperationMetrics {
  /**
   * A worker has claimed an operation; the returned function is called when the worker has ended it, or given it up.
   */
  operationRuns(): () => void;
  /** `seconds`: time since it was first claimed. */
  operationEnded(workflow: string, status: 'succeeded' | 'failed' | 'cancelled', seconds: number): void;
  bytesMoved(workflow: string, bytes: number): void;
}

const BUCKETS_SECONDS = [1, 5, 15, 60, 300, 900, 3_600, 4 * 3_600, 12 * 3_600, 24 * 3_600];

export function operationMetrics(registers: Registry[]): OperationMetrics {
  const ended = new Counter({
    name: 'rewind_operations_total',
    help: 'Operations that ended here, by recipe and how',
    labelNames: ['workflow', 'status'] as const,
    registers,
  });
  const took = new Histogram({
    name: 'rewind_operation_duration_seconds',
    help: 'Time from the first claim of an operation to its end',
    labelNames: ['workflow'] as const,
    buckets: BUCKETS_SECONDS,
    registers,
  });
  const running = new Gauge({ name: 'rewind_operations_running', help: 'Operations that run here now', registers });
  const bytes = new Counter({
    name: 'rewind_bytes_total',
    help: 'Bytes that operations moved here, also in attempts that failed',
    labelNames: ['workflow'] as const,
    registers,
  });
  return {
    operationRuns() {
      running.inc();
      return () => running.dec();
    },
    operationEnded(workflow, status, seconds) {
      ended.inc({ workflow, status });
      took.observe({ workflow }, seconds);
    },
    bytesMoved(workflow, moved) {
      // A step that failed takes back what it will move again; a counter only rises, and throws if it is to fall.
      if (moved > 0) bytes.inc({ workflow }, moved);
    },
  };
}
