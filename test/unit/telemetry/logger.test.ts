import { PassThrough } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { RewindError } from '../../../src/domain/errors.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';

function logged(act: (log: ReturnType<typeof createLogger>) => void, level: 'debug' | 'info' = 'info') {
  const stream = new PassThrough();
  act(createLogger({ level, stream }));
  return String(stream.read() ?? '')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('createLogger', () => {
  test('writes one JSON object a line with the fixed fields', () => {
    const [line] = logged((log) =>
      log.with({ request_id: 'req-1', project_id: 'p' }).info('hello\nworld', { operation_id: 'o', size_bytes: 1 }),
    );
    expect(line).toMatchObject({
      level: 'info',
      msg: 'hello\nworld',
      request_id: 'req-1',
      operation_id: 'o',
      size_bytes: 1,
    });
    expect(Object.keys(line ?? {}).slice(0, 5)).toEqual(['ts', 'level', 'msg', 'request_id', 'project_id']);
  });

  test('keeps quiet below its level', () => {
    expect(logged((log) => log.debug('x'))).toEqual([]);
    expect(logged((log) => log.debug('x'), 'debug')).toHaveLength(1);
  });

  test('a field cannot pretend to be the line', () => {
    const [line] = logged((log) => log.warn('true', { level: 'info', msg: 'false', ts: 0 }));
    expect(line).toMatchObject({ level: 'warn', msg: 'true', field_level: 'info', field_msg: 'false' });
  });

  test('an error shows code, message and causes, and nothing of an HTTP client', () => {
    const axios = Object.assign(new Error('Request failed'), {
      code: 'ERR_BAD_RESPONSE',
      config: { headers: { 'X-Auth-Token': 'canary' } },
      request: { path: 'canary' },
      response: { status: 503, data: 'canary' },
    });
    const error = new RewindError('openstack.unavailable', 'Nova did not answer.', { cause: axios });
    const [line] = logged((log) => log.error('failed', { err: error }));
    expect(JSON.stringify(line)).not.toContain('canary');
    expect(line?.err).toMatchObject({
      code: 'vm-backup.openstack.unavailable',
      fault: 'errored',
      cause: { code: 'ERR_BAD_RESPONSE', http_status: 503 },
    });
  });
});
