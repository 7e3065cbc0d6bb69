import { describe, expect, test } from '@jest/globals';
import { REDACTED, redact, redactText } from '../../../src/telemetry/redact.ts';

const FERNET = `gAAAAABm${'x'.repeat(120)}`;
const CEPHX = 'AQDk3mdmAAAAABAAcDh2xk9U2m3eJyFWqP4S1w==';

describe('redact', () => {
  test.each([
    ['password'],
    ['adminPass'],
    ['OS_PASSWORD'],
    ['X-Auth-Token'],
    ['x_service_token'],
    ['token'],
    ['authorization'],
    ['client_secret'],
    ['keyring'],
    ['manifest_key'],
    ['private_key'],
    ['cookie'],
    ['passphrase'],
    ['access_key'],
  ])('hides the value of %s at any depth', (key) => {
    expect(redact({ a: [{ b: { [key]: 'hunter2' } }] })).toEqual({ a: [{ b: { [key]: REDACTED } }] });
  });

  test.each([['token_cache_seconds'], ['manifest_key_file'], ['service_token_roles'], ['bytes'], ['key']])(
    'leaves %s',
    (key) => {
      expect(redact({ [key]: 7 })).toEqual({ [key]: 7 });
    },
  );

  test.each([
    `token ${FERNET} was refused`,
    `key = ${CEPHX}`,
    `X-Auth-Token: ${FERNET}`,
    'mysql://rewind:hunter2@db/rewind',
    'redis://:hunter2@cache:6379/0',
    '{"password":"hunter2"}',
    'OS_PASSWORD=hunter2 nova list',
    'rbd: cannot open http://10.0.0.5:8791/disks/2/hunter2AhunterAAhunterAAAhunterAAAAhunterAAA: 403',
  ])('cuts secrets out of text: %s', (text) => {
    const clean = redactText(text);
    expect(clean).toContain(REDACTED);
    expect(clean).not.toMatch(/hunter2|gAAAA|AQDk/);
  });

  test('survives what cannot be shown', () => {
    const circular: Record<string, unknown> = { big: 10n, when: new Date(Number.NaN), bytes: new Uint8Array(9) };
    circular.self = circular;
    Object.defineProperty(circular, 'trap', {
      enumerable: true,
      get: () => {
        throw new Error('no');
      },
    });
    expect(JSON.stringify(redact(circular))).toContain('[unreadable]');
  });

  test('bounds text before the patterns see it', () => {
    const before = process.cpuUsage();
    redactText('a:'.repeat(2_000_000));
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(400);
  });
});
