import type { Random } from './random.ts';

/** Values that break what expects others. */
const ODD: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1.5, -0, 1e308, 2 ** 53, 2 ** 63, -(2 ** 53), Number.MAX_VALUE],
  ...['', ' ', '\0', '\u0000a', '\ud800', '\ufeff', '\u202e', 'é'.repeat(300), 'x'.repeat(5_000), '🦀'.repeat(255)],
  ...['NaN', 'Infinity', '-Infinity', '1e999', '0x10', '00', 'null', 'undefined', 'true', '[object Object]'],
  ...["' or 1=1 --", '"; drop table backups', '%00', '%zz', '../../etc/passwd', '{{7*7}}', '<script>'],
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'in:', 'in:"', 'in:,,,,', 'gt:', 'nin:a,"b""c"'],
  ...['00000000-0000-0000-0000-000000000000', '2026-13-45', '9999-12-31T23:59:59Z', '-271821-04-20', '+275760-09-13'],
  ...['* * * * *', '0 0 30 2 *', '0 0 L 2 1#5', '0 2 * * *', 'europe/BERLIN', 'Etc/GMT+12'],
  ...[[], {}, [[]], [null], [{}], { a: { b: { c: 1 } } }, Array.from({ length: 1_001 }, () => 'x')],
];

export const oddValue = (random: Random): unknown => random.pick(ODD);

export function oddText(random: Random): string {
  const value = oddValue(random);
  if (typeof value === 'string') return value;
  return random.chance(0.3) ? randomBytes(random) : String(JSON.stringify(value));
}

const randomBytes = (random: Random): string =>
  Array.from({ length: random.below(40) }, () => String.fromCharCode(random.below(256))).join('');

/** JSON as no serializer would write it: `__proto__`, doubled keys, depth, huge numbers, halves of surrogates. */
export function wildJson(random: Random): string {
  const depth = random.pick([5, 16, 17, 200, 5_000]);
  return random.pick([
    () => `${'['.repeat(depth)}${']'.repeat(depth)}`,
    () => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`,
    () => '{"__proto__":{"polluted":true}}',
    () => '{"backup":{"__proto__":{"admin":true},"server_id":"x"}}',
    () => '{"constructor":{"prototype":{"polluted":true}}}',
    () => '{"a":1,"a":2,"a":{}}',
    () => `{"policy":{"rpo_minutes":1${'0'.repeat(400)}}}`,
    () => '{"backup":{"name":"\\ud800"}}',
    () => `{"backup":{"metadata":{${Array.from({ length: 2_000 }, (_, n) => `"k${n}":"v"`).join(',')}}}}`,
    () => `[${'1,'.repeat(20_000)}1]`,
    () => '{"a":',
    () => 'nonsense',
    () => '"text"',
    () => '\u0000',
    () => randomBytes(random),
    () => '{"restore":{"backup_id":1e400}}',
  ])();
}
