import { describe, expect, test } from '@jest/globals';
import { createTokenCache } from '../../../src/http/auth/token-cache.ts';
import { tokenValidator } from '../../../src/http/auth/validate-token.ts';
import { clientAddress } from '../../../src/http/client-address.ts';
import type { TokenInfo } from '../../../src/ports/openstack.ts';
import { kept } from '../../../src/telemetry/kept.ts';
import { person } from '../../world/api/people.ts';
import { silentLog } from '../../world/silent-log.ts';

const clock = { now: () => Date.now(), monotonic: () => performance.now(), sleep: async () => {} };

describe('a flood of bad tokens', () => {
  test('from one address leaves the others their turn', async () => {
    const waiting: ((info: TokenInfo | undefined) => void)[] = [];
    const identity = {
      validateToken: (token: string) =>
        token === 'good' ? Promise.resolve(person()) : new Promise<TokenInfo | undefined>((done) => waiting.push(done)),
    };
    const validate = tokenValidator({ identity, clock, log: silentLog, cache: createTokenCache(clock, 300) });
    const flood = Array.from({ length: 500 }, (_, n) =>
      validate(`bad-${n}`, false, '192.0.2.1').catch((error: unknown) => error),
    );
    expect(await validate('good', false, '192.0.2.2')).toMatchObject({ userName: 'ann' });
    expect(waiting.length).toBeLessThanOrEqual(64);
    for (const done of waiting) done(undefined);
    const refused = (await Promise.all(flood)).filter((one) => one !== undefined);
    expect(refused).toHaveLength(500 - waiting.length);
    expect(refused[0]).toMatchObject({ code: 'vm-backup.identity.unavailable' });
    expect(await validate('good', false, '192.0.2.1')).toMatchObject({ userName: 'ann' });
  });

  test.each([
    ['192.0.2.1', undefined, false, '192.0.2.1'],
    ['192.0.2.1', '198.51.100.7', false, '192.0.2.1'],
    ['192.0.2.1', '203.0.113.9, 198.51.100.7', true, '198.51.100.7'],
    ['::ffff:192.0.2.1', undefined, false, '::ffff:192.0.2.1'],
    ['2001:db8:1:2:aaaa::1', undefined, false, '2001:db8:1:2'],
  ])('%s behind %s (believed: %s) counts as %s', (remoteAddress, forwarded, believed, expected) => {
    const request = { get: () => forwarded, socket: { remoteAddress } };
    expect(clientAddress(request as never, believed)).toBe(expected);
  });
});

test('what many ask for is asked for once in a while, and again at once when it failed', async () => {
  const time = { now: 0 };
  let asked = 0;
  let fails = true;
  const ask = kept({ monotonic: () => time.now }, 5_000, async () => {
    asked += 1;
    if (fails) throw new Error('canary');
    return asked;
  });
  await expect(Promise.all([ask(), ask()])).rejects.toThrow('canary');
  fails = false;
  expect(await Promise.all([ask(), ask(), ask()])).toEqual([2, 2, 2]);
  time.now = 6_000;
  expect(await ask()).toBe(3);
});
