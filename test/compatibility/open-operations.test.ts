import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sampled } from '../world/sampling.ts';
import { expectEnd, toItsEnd } from './at-the-end.ts';
import { workflows } from './release.ts';
import { scenarios } from './scenarios.ts';
import { releases, Unpacked } from './unpacked.ts';

/** Of each scenario, unless the run is thorough. */
const [CONTINUED, PUT_BACK] = [4, 2];

/** What an earlier release left open is brought to its right end by this one: recipe by recipe, from many places. */
describe.each(releases)('open operations of release %s', (name) => {
  describe('are continued', () => {
    let left: Unpacked;
    let continued = 0;
    beforeAll(async () => {
      left = await Unpacked.of(name);
    });
    afterAll(() => left.close());

    test.each(scenarios.map((one) => [one.recipe, one.name]))('%s: %s', async (recipe, scenario) => {
      const all = left.operations.filter((one) => one.recipe === recipe && one.name === scenario);
      expect(all.length).toBeGreaterThan(1);
      for (const one of sampled(all, CONTINUED)) {
        continued += 1;
        const around = await toItsEnd(left.release, one);
        await explained(one, () => expectEnd(left.release, one, around, one.state === 'undoing' ? 'undone' : 'done'));
      }
    });

    test('and none of them is left open', async () => {
      expect(continued).toBeGreaterThan(2 * scenarios.length);
      expect(await left.release.journal.openOperations()).toHaveLength(left.operations.length - continued);
    });
  });

  describe('are put back when somebody cancels them', () => {
    let left: Unpacked;
    beforeAll(async () => {
      left = await Unpacked.of(name);
    });
    afterAll(() => left.close());

    test.each(scenarios.map((one) => [one.recipe, one.name]))('%s: %s', async (recipe, scenario) => {
      const all = left.operations.filter((one) => one.name === scenario && one.recipe === recipe);
      // What changes nothing has no point of no return, and nothing to put back.
      if (!all.some(({ state }) => state === 'committed')) return;
      const before = all.filter(({ state }) => state === 'before');
      for (const one of sampled(before, PUT_BACK)) {
        await left.release.operations.requestCancel(one.operationId);
        const around = await toItsEnd(left.release, one);
        await explained(one, () => expectEnd(left.release, one, around, 'undone'));
      }
    });
  });
});

test('every recipe of this release has a scenario', () => {
  const covered = new Set(scenarios.map((one) => one.recipe));
  expect(workflows.map((one) => one.name).filter((recipe) => !covered.has(recipe))).toEqual([]);
});

/** A failed expectation says where the worker had died. */
async function explained(
  { place, state }: { place: string; state: string },
  check: () => Promise<void>,
): Promise<void> {
  try {
    await check();
  } catch (error) {
    if (error instanceof Error) error.message = `died at ${place} (${state}): ${error.message}`;
    throw error;
  }
}
