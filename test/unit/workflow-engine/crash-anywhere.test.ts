import { describe, expect, test } from '@jest/globals';
import { engineBench } from '../../world/engine-bench.ts';
import { toyError } from '../../world/toy-error.ts';
import { toyEnd, toyWorld } from '../../world/toy-recipe.ts';

const broken = () => ({ step: 'publish', error: toyError('toy.broken', 'It is broken.') });

async function placesOf(fails: boolean): Promise<string[]> {
  const world = toyWorld();
  if (fails) world.broken = broken();
  const bench = await engineBench(world);
  await bench.execute();
  await bench.close();
  return [...new Set(bench.places)];
}

describe('a worker that dies anywhere', () => {
  test('is continued to the same end, every act done once', async () => {
    const places = await placesOf(false);
    for (const at of places) {
      const world = toyWorld();
      const bench = await engineBench(world, (place) => place === at);
      expect(await bench.execute()).toBe('let-go');
      const end = await bench.execute();
      if (at !== 'finish:after-record') expect(end).toBe('succeeded');
      expect([...world.things].sort()).toEqual(toyEnd);
      expect([...world.acts.values()]).toEqual([1, 1, 1, 1, 1]);
      const operation = await bench.operations.operation(bench.operation.id, 'p1');
      expect(operation?.status).toBe('succeeded');
      await bench.close();
    }
    expect(places.length).toBeGreaterThan(20);
  });

  test('while failing and putting back, is continued to nothing left', async () => {
    const places = await placesOf(true);
    expect(places).toContain('prepare:before-undo');
    for (const at of places) {
      const world = toyWorld();
      world.broken = broken();
      const bench = await engineBench(world, (place) => place === at);
      expect(await bench.execute()).toBe('let-go');
      await bench.execute();
      expect([...world.things]).toEqual([]);
      const operation = await bench.operations.operation(bench.operation.id, 'p1');
      expect(operation?.status).toBe('failed');
      expect(operation?.failure?.code).toBe('vm-backup.toy.broken');
      await bench.close();
    }
    expect(places.length).toBeGreaterThan(20);
  });
});
