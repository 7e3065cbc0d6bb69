import { expect, test } from '@jest/globals';
import { createMetrics } from '../../../src/telemetry/metrics.ts';

test('counts by bounded labels', async () => {
  const metrics = createMetrics();
  metrics.httpRequest('GET', '/v1/backups', 200, 0.01);
  metrics.httpRequest('BREW', 'unmatched', 405, 0.01);
  metrics.operation('create-backup/1', 'succeeded');
  metrics.bytesMoved('ceph_read', 4096);
  const text = await metrics.text();
  expect(text).toContain('rewind_http_requests_total{method="GET",route="/v1/backups",status="200"} 1');
  expect(text).toContain('method="OTHER"');
  expect(text).toContain('rewind_operations_total{workflow="create-backup/1",status="succeeded"} 1');
  expect(text).toContain('rewind_bytes_total{direction="ceph_read"} 4096');
});
