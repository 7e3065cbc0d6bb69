import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import type { ProtectionReport } from '../../../src/domain/points/protection-report.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';

test('shows how much of a target was read back, and goes on without when nobody knows', async () => {
  const metrics = createMetrics();
  const share = { target: 'safe', shares: 30, day: 1, after: '', updated_at: '' };
  let known = async () => [
    { ...share, share: 0, done: true, objects: 5, bytes: 100, bad: 1 },
    { ...share, share: 1, done: false, objects: 2, bytes: 50, bad: 0 },
  ];
  metrics.watchShares(() => known());
  const text = await metrics.text();
  expect(text).toContain('rewind_verify_shares_done{target="safe",shares="30"} 1');
  expect(text).toContain('rewind_verify_objects{target="safe",shares="30"} 7');
  expect(text).toContain('rewind_verify_bad_objects{target="safe",shares="30"} 1');
  known = async () => {
    throw new Error('no database');
  };
  expect(await metrics.text()).not.toContain('target="safe"');
});

test('counts by bounded labels', async () => {
  const metrics = createMetrics();
  metrics.httpRequest('GET', '/v1/backups', 200, 0.01);
  metrics.httpRequest('BREW', 'unmatched', 405, 0.01);
  const text = await metrics.text();
  expect(text).toContain('rewind_http_requests_total{method="GET",route="/v1/backups",status="200"} 1');
  expect(text).toContain('method="OTHER"');
});

test('bytes that a step takes back, because it will move them again, make no counter fall', async () => {
  const metrics = createMetrics();
  metrics.bytesMoved('restore-in-place/1', 100);
  expect(() => metrics.bytesMoved('restore-in-place/1', -60)).not.toThrow();
  expect(await metrics.text()).toContain('rewind_bytes_total{workflow="restore-in-place/1"} 100');
});

test('how well servers are looked after comes from the last report, or is left out', async () => {
  const metrics = createMetrics();
  let report: ProtectionReport | undefined;
  metrics.watchProtection(async () => report);
  expect(await metrics.text()).not.toContain('rewind_servers{');
  report = { at: '2026-01-01T00:00:00.000Z', servers: 5, protected: 3, missed: ['a'] };
  const text = await metrics.text();
  expect(text).toContain('rewind_servers{protection="covered"} 3');
  expect(text).toContain('rewind_servers{protection="none"} 2');
  expect(text).toContain('rewind_servers{protection="rpo_missed"} 1');
  expect(text).toContain(`rewind_protection_report_timestamp_seconds ${Date.parse(report.at) / 1000}`);
});

test('docs/metrics.md names every figure and no other', async () => {
  const metrics = createMetrics();
  metrics.watchShares(async () => []);
  metrics.watchDebts(async () => []);
  metrics.watchInventory(async () => undefined);
  metrics.watchProtection(async () => undefined);
  const names = (text: string, pattern: RegExp) =>
    [...new Set([...text.matchAll(pattern)].map(([, name = '']) => name))].sort((a, b) => (a < b ? -1 : 1));
  const told = names(await readFile('docs/metrics.md', 'utf8'), /`(rewind_\w+)`/g);
  expect(told).toEqual(names(await metrics.text(), /^# HELP (\w+)/gm));
  expect(told.length).toBeGreaterThan(20);
});
