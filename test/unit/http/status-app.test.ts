import { expect, test } from '@jest/globals';
import request from 'supertest';
import { statusApp } from '../../../src/http/status-app.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { silentLog } from '../../world/silent-log.ts';

const clock = { now: () => 0, monotonic: () => performance.now(), sleep: async () => undefined };

function app({ database = async (): Promise<unknown> => undefined } = {}) {
  const metrics = createMetrics();
  metrics.jobLooked('expire-snapshots', 'done', 0.5);
  metrics.jobLooked('expire-snapshots', 'failed', 0.5);
  const health = [{ name: 'database', probe: database }];
  return statusApp({ clock, metrics, health, log: silentLog, drained: () => false });
}

test('a process tells its figures, its periodic jobs among them', async () => {
  const { status, text } = await request(app()).get('/metrics');
  expect(status).toBe(200);
  expect(text).toContain('rewind_job_looks_total{job="expire-snapshots",outcome="done"} 1');
  expect(text).toContain('rewind_job_looks_total{job="expire-snapshots",outcome="failed"} 1');
  expect(text).toMatch(/rewind_job_last_done_timestamp_seconds\{job="expire-snapshots"\} \d+/);
});

test('a process that misses what it needs says which, and not why', async () => {
  const away = async () => {
    throw new Error('secret-host:3306 refused');
  };
  const well = await request(app()).get('/healthcheck');
  expect([well.status, well.text]).toEqual([200, 'OK\n']);
  const ill = await request(app({ database: away })).get('/healthcheck');
  expect([ill.status, ill.text]).toEqual([503, 'database: unavailable\n']);
});

test('there is nothing else', async () => {
  for (const path of ['/', '/v1/backups', '/metrics/x']) expect((await request(app()).get(path)).status).toBe(404);
});
