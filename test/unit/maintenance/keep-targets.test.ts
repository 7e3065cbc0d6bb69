import { expect, test } from '@jest/globals';
import { targetsOf } from '../../../src/adapters/target/targets.ts';
import { type ErrorCode, RewindError } from '../../../src/domain/errors.ts';
import type { TargetReport } from '../../../src/domain/targets/target-report.ts';
import { keepTargets } from '../../../src/maintenance/keep-targets.ts';
import { runJobs } from '../../../src/periodic/periodic-job.ts';
import { silentLog } from '../../world/silent-log.ts';
import { MemoryTarget } from '../archive/support/memory-target.ts';

class Named extends MemoryTarget {
  fails: ErrorCode | undefined;
  hangs = false;
  probes = 0;
  swept = 0;
  constructor(name: string) {
    super(name);
  }
  override async space(): Promise<undefined> {
    if (this.hangs) await new Promise(() => {});
    if (this.fails) throw new RewindError(this.fails, 'secret of the inside', { fault: 'errored' });
  }
  override async probe(): Promise<void> {
    this.probes += 1;
  }
  override async sweepTemporary(): Promise<number> {
    this.swept += 1;
    return 0;
  }
}

/** Runs the job for so many looks of the targets that do not hang. */
async function run(targets: Named[], looks: number, between: (look: number) => void = () => {}) {
  const reports: TargetReport[] = [];
  const stop = new AbortController();
  let slept = 0;
  const clock = {
    now: () => 0,
    monotonic: () => 0,
    sleep: async () => {
      slept += 1;
      between(slept);
      if (slept >= looks) stop.abort();
    },
  };
  const marked: string[] = [];
  const parts = {
    targets: targetsOf(targets, targets[0]!.name),
    reports: { put: async (report: TargetReport) => void reports.push(report), list: async () => reports },
    mark: async (name: string) => marked.push(name) > 1,
    ...{ host: 'here', clock, log: silentLog },
  };
  void runJobs(keepTargets(parts), parts, stop.signal);
  await new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve()));
  return { reports, marked };
}

test('tells how a target is doing, marks it once, and asks closely now and then', async () => {
  const target = new Named('nfs');
  const { reports, marked } = await run([target], 70, (look) => {
    target.fails = look === 7 ? 'target.full' : undefined;
  });
  expect(marked).toEqual(['nfs', 'nfs']);
  expect(reports).toHaveLength(70);
  expect(reports[0]).toEqual({
    ...{ target: 'nfs', host: 'here', available: true, fail_code: null },
    ...{ total_bytes: null, free_bytes: null, reported_at: '1970-01-01T00:00:00.000Z' },
  });
  expect(reports[7]).toMatchObject({ available: false, fail_code: 'vm-backup.target.full' });
  expect(JSON.stringify(reports)).not.toContain('secret');
  // Every fifth look, and the one after trouble.
  expect(target.probes).toBe(15);
  expect(target.swept).toBe(1);
});

test('a target that hangs keeps no other waiting, and is not told of', async () => {
  const [bad, good] = [new Named('bad'), new Named('good')];
  bad.hangs = true;
  const { reports } = await run([bad, good], 5);
  expect(reports.map((report) => report.target)).toEqual(Array(5).fill('good'));
});
