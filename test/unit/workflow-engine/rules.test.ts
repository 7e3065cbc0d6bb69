import { expect, test } from '@jest/globals';
import { RewindError } from '../../../src/domain/errors.ts';
import { executeOperation } from '../../../src/workflow-engine/execute-operation.ts';
import { engineBench } from '../../world/engine-bench.ts';
import { toyEnd, toyWorld } from '../../world/toy-recipe.ts';

test('trouble that passes is waited out', async () => {
  const world = toyWorld();
  world.shaky = {
    step: 'copy',
    times: 2,
    error: new RewindError('toy.away', 'Away.', { retry: true, fault: 'errored' }),
  };
  const bench = await engineBench(world);
  expect(await bench.execute()).toBe('succeeded');
  await bench.close();
});

test('trouble that does not pass fails after the budget, and nothing is left', async () => {
  const world = toyWorld();
  world.broken = { step: 'copy', error: new RewindError('toy.away', 'Away.', { retry: true, fault: 'errored' }) };
  const bench = await engineBench(world);
  expect(await bench.execute()).toBe('failed');
  expect([...world.things]).toEqual([]);
  await bench.close();
});

test('after the point of no return even a refusal is only forward', async () => {
  const world = toyWorld();
  world.shaky = { step: 'tidy', times: 3, error: new RewindError('toy.refused', 'No.') };
  const bench = await engineBench(world);
  expect(await bench.execute()).toBe('succeeded');
  expect([...world.things].sort()).toEqual(toyEnd);
  await bench.close();
});

test('cancelled before the point of no return: everything is put back', async () => {
  const world = toyWorld();
  const bench = await engineBench(world, undefined);
  const { engine, operations, operation } = bench;
  const boundary = engine.boundary;
  let asked: Promise<void> | undefined;
  engine.leaseMs = 0;
  engine.boundary = (workflow, key, place) => {
    boundary(workflow, key, place);
    if (key === 'prepare' && place === 'after-record') asked = operations.requestCancel(operation.id);
  };
  world.shaky = { step: 'copy', times: 4, error: new RewindError('toy.away', 'Away.', { retry: true }) };
  expect(await bench.execute()).toBe('cancelled');
  await asked;
  expect([...world.things]).toEqual([]);
  await bench.close();
});

test('a worker that wakes up beside its successor changes nothing more', async () => {
  const world = toyWorld();
  const bench = await engineBench(world);
  const { engine, journal } = bench;
  engine.leaseMs = 0;
  let second: unknown;
  const succeed = async () => {
    while (second === undefined || second === 'not-claimed') {
      const [open] = await journal.openOperations();
      if (!open) return;
      second = await executeOperation({ ...engine, worker: 'worker-2' }, open, new AbortController().signal);
    }
  };
  world.sleeper = { step: 'publish', until: succeed };
  expect(await bench.execute()).toBe('let-go');
  expect(second).toBe('succeeded');
  expect(world.acts.get('published')).toBe(1);
  await bench.close();
});
