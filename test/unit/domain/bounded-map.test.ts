import { expect, test } from '@jest/globals';
import { BoundedMap } from '../../../src/domain/bounded-map.ts';

test('keeps so many, and lets go what was set longest ago', () => {
  const map = new BoundedMap<string, number>(2);
  map.set('a', 1);
  map.set('b', 2);
  map.set('a', 3);
  map.set('c', 4);
  expect([...map]).toEqual([
    ['a', 3],
    ['c', 4],
  ]);
  expect([map.size, map.has('b'), map.get('b')]).toEqual([2, false, undefined]);
  map.delete('a');
  map.set('d', 5);
  expect([...map].map(([key]) => key)).toEqual(['c', 'd']);
});
