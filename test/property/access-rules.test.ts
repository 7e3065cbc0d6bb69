import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { allowedByAccessRules, pathMatches } from '../../src/http/auth/access-rules.ts';
import { rounds, seed } from '../world/sampling.ts';

const RUNS = rounds(3_000);

/** keystonemiddleware's `_path_matches`, but for literals being literals: short paths only, it goes back and forth. */
function reference(path: string, pattern: string): boolean {
  const source = [...pattern.matchAll(/(?<tag>\{[^}]*\})|(?<wild>\*(?=$|[^*]))|(?<deep>\*\*)|(?<literal>[^{}*])/gs)]
    .map(({ groups = {} }) => {
      if (groups.tag || groups.wild) return '[^/]+';
      return groups.deep ? '.*' : RegExp.escape(groups.literal ?? '');
    })
    .join('');
  return new RegExp(`^${source}$`, 's').test(path);
}

const piece = fc.constantFrom('/', 'a', 'b', '.', '+', '*', '**', '***', '{}', '{x}', '{', '}', '/v1', '/{id}/');
const pattern = fc.array(piece, { maxLength: 7 }).map((pieces) => pieces.join(''));
const path = fc
  .array(fc.constantFrom('/', 'a', 'b', '.', '/v1', '%2f', '\n'), { maxLength: 8 })
  .map((all) => all.join(''));

describe('access rules', () => {
  test('match as keystonemiddleware matches', () => {
    fc.assert(
      fc.property(path, pattern, (one, by) => {
        expect(pathMatches(one, by)).toBe(reference(one, by));
      }),
      { seed, numRuns: RUNS },
    );
  });

  test.each([
    ['segments side by side', `/${'a'.repeat(80)}`, `/${'{}'.repeat(14)}x`],
    ['as many as Keystone takes', `/${'a'.repeat(500)}`, `/${'{}'.repeat(111)}x`],
    ['four deep wildcards', `/${'a'.repeat(500)}`, '/**a**a**a**b'],
    ['all kinds', `/${'a/'.repeat(240)}`, `/${'**{}*a'.repeat(37)}b`],
    ['a long path', `/${'a'.repeat(8_000)}`, `/${'{}a'.repeat(70)}b`],
  ])('take no longer for it: %s', (_what, one, by) => {
    const begun = process.cpuUsage();
    expect(pathMatches(one, by)).toBe(false);
    expect(process.cpuUsage(begun).user / 1_000).toBeLessThan(100);
  });

  test('take no longer for being many', () => {
    const rule = { method: 'GET', service: 'vm-backup', path: `/${'{}*'.repeat(70)}x` };
    const token = { accessRules: Array.from({ length: 100_000 }, () => rule), catalogTypes: ['vm-backup'] };
    const begun = process.cpuUsage();
    const paths = [`/${'a'.repeat(400)}`, `/${'b'.repeat(400)}`];
    expect(allowedByAccessRules(token, { method: 'GET', paths }, 'vm-backup')).toBe(false);
    expect(process.cpuUsage(begun).user / 1_000).toBeLessThan(500);
  });
});
