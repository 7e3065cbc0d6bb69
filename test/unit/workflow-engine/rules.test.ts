import { describe, expect, test } from '@jest/globals';
import type { Clock, Log } from '../../../src/ports/system.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { executeOperation } from '../../../src/workflow-engine/execute-operation.ts';
import type { Step } from '../../../src/workflow-engine/step.ts';
import type { Workflow } from '../../../src/workflow-engine/workflow.ts';
import { engineBench, newOperation, recipeBench } from '../../world/engine-bench.ts';
import { silentLog } from '../../world/silent-log.ts';
import { toyError } from '../../world/toy-error.ts';
import { type ToyWorld, toyEnd, toyRecipe, toyWorld } from '../../world/toy-recipe.ts';

test('trouble that passes is waited out', async () => {
  const world = toyWorld();
  world.shaky = {
    step: 'copy',
    times: 2,
    error: toyError('toy.away', 'Away.', { retry: true, fault: 'errored' }),
  };
  const bench = await engineBench(world);
  expect(await bench.execute()).toBe('succeeded');
  await bench.close();
});

test('trouble that does not pass fails after the budget, and nothing is left', async () => {
  const world = toyWorld();
  world.broken = { step: 'copy', error: toyError('toy.away', 'Away.', { retry: true, fault: 'errored' }) };
  const bench = await engineBench(world);
  expect(await bench.execute()).toBe('failed');
  expect([...world.things]).toEqual([]);
  await bench.close();
});

test('after the point of no return even a refusal is only forward', async () => {
  const world = toyWorld();
  world.shaky = { step: 'tidy', times: 3, error: toyError('toy.refused', 'No.') };
  const bench = await engineBench(world);
  expect(await bench.execute()).toBe('succeeded');
  expect([...world.things].sort()).toEqual(toyEnd);
  await bench.close();
});

test.each([
  ['late', 'succeeded'],
  ['not at all', 'let-go'],
])('what comes after the point of no return waits until it is written down: %s', async (written, end) => {
  const bench = await engineBench(toyWorld());
  const { engine, journal, places } = bench;
  let tidied: boolean | undefined;
  engine.journal = {
    ...journal,
    async commit(...asked) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      tidied = places.some((place) => place.startsWith('tidy'));
      if (written === 'not at all') throw toyError('toy.away', 'Away.', { fault: 'errored' });
      await journal.commit(...asked);
    },
  };
  expect(await bench.execute()).toBe(end);
  expect(tidied).toBe(false);
  expect(places.some((place) => place.startsWith('tidy'))).toBe(end === 'succeeded');
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
  world.shaky = { step: 'copy', times: 4, error: toyError('toy.away', 'Away.', { retry: true }) };
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

test('a worker that does not reach the database for a whole lease lets go, and does nothing more', async () => {
  const world = toyWorld();
  const bench = await engineBench(world);
  const { engine, journal, clock } = bench;
  engine.leaseMs = 20_000;
  let away = false;
  engine.journal = {
    ...journal,
    async beat(...asked) {
      if (away) throw toyError('toy.away', 'Away.', { retry: true, fault: 'errored' });
      return await journal.beat(...asked);
    },
  };
  const aLongTime = async () => {
    away = true;
    for (let seconds = 0; seconds < 60; seconds += 1) await clock.sleep(1_000);
  };
  world.sleeper = { step: 'publish', until: aLongTime };
  expect(await bench.execute()).toBe('let-go');
  expect(world.acts.get('published')).toBeUndefined();
  expect(world.things.has('copy-a')).toBe(true);
  await bench.close();
});

/** One transfer of a disk of `blocks` blocks; `failing` says at which block of which attempt it breaks. */
function transfer(blocks: number, failing: (attempt: number, block: number) => boolean, blockMs = 1000) {
  let attempt = 0;
  const away = toyError('toy.away', 'Away.', { retry: true, fault: 'errored' });
  const step: Step<null, null, null> = {
    name: 'transfer',
    async act(context) {
      attempt += 1;
      for (let block = 1; block <= blocks; block += 1) {
        for (let ms = 0; ms < blockMs; ms += 1000) await clock.sleep(1000);
        if (failing(attempt, block)) throw away;
        context.progress.add(1000);
      }
      return null;
    },
  };
  const workflow: Workflow<null> = {
    name: 'create-backup/1',
    steps: [step],
    async run(run) {
      await run.step(step, null);
      return {};
    },
    ended: () => ({}),
  };
  let clock: Clock;
  const bench = async (operation = newOperation()) => {
    const made = await recipeBench({ world: null, workflow, operation });
    clock = made.clock;
    return made;
  };
  return { bench, attempts: () => attempt };
}

test('the first hiccup of a step that has run longer than the budget of trouble costs a try, not the operation', async () => {
  const { bench, attempts } = transfer(20, (attempt, block) => attempt === 1 && block === 18);
  const one = await bench();
  expect(await one.execute()).toBe('succeeded');
  expect(attempts()).toBe(2);
  await one.close();
});

test('so does the second one, at an earlier place: what moves is no trouble', async () => {
  const { bench, attempts } = transfer(20, (attempt, block) => attempt <= 3 && block === 18 - attempt);
  const one = await bench();
  expect(await one.execute()).toBe('succeeded');
  expect(attempts()).toBe(4);
  await one.close();
});

test('a transfer that breaks at the same place every time is given up', async () => {
  const { bench, attempts } = transfer(20, (_attempt, block) => block === 18);
  const one = await bench();
  expect(await one.execute()).toBe('failed');
  expect(attempts()).toBeGreaterThan(5);
  expect(attempts()).toBeLessThan(20);
  await one.close();
});

test('trouble that nothing moves in fails after the budget, counted from the first error', async () => {
  const { bench, attempts } = transfer(20, (attempt, block) => (attempt === 1 ? block === 18 : block === 1));
  const one = await bench();
  const began = one.clock.now();
  expect(await one.execute()).toBe('failed');
  expect(attempts()).toBeGreaterThan(2);
  expect(one.clock.now() - began).toBeLessThan(60_000);
  await one.close();
});

test('the deadline moves with what moves, and the operation says when it would strike', async () => {
  const { bench } = transfer(20, (attempt, block) => attempt === 1 && block === 18);
  const operation = { ...newOperation(), deadline_at: '2026-01-01T00:00:10.000Z' };
  const one = await bench(operation);
  one.engine.retry.deadlineMs = 10_000;
  one.engine.leaseMs = 4_000;
  expect(await one.execute()).toBe('succeeded');
  const { deadline_at } = (await one.operations.operation(operation.id, null))!;
  expect(deadline_at > '2026-01-01T00:00:25').toBe(true);
  await one.close();
});

test('and it strikes what stands still', async () => {
  const { bench } = transfer(5, () => true);
  const operation = { ...newOperation(), deadline_at: '2026-01-01T00:00:10.000Z' };
  const one = await bench(operation);
  one.engine.retry = { budgetMs: 1e9, deadlineMs: 10_000 };
  expect(await one.execute()).toBe('failed');
  await one.close();
});

test('past the point of no return an operation that waits for the world gives its place back, for longer each time', async () => {
  const world = toyWorld();
  world.broken = { step: 'tidy', error: toyError('toy.away', 'Away.', { retry: true, fault: 'errored' }) };
  const bench = await engineBench(world);
  const waits: number[] = [];
  for (let n = 0; n < 6; n += 1) {
    expect(await bench.execute()).toBe('let-go');
    const [open] = await bench.journal.openOperations();
    expect(open?.worker).toBeNull();
    waits.push((open?.lookAtMs ?? 0) - bench.clock.now());
  }
  expect(waits).toEqual([30_000, 60_000, 120_000, 240_000, 300_000, 300_000]);
  expect(await bench.operations.operation(bench.operation.id, null)).toMatchObject({
    ...{ status: 'running', committed: true, failure: { code: 'vm-backup.toy.away' } },
  });
  world.broken = null;
  expect(await bench.execute()).toBe('succeeded');
  await bench.close();
});

test('the log tells when a step begins and, once a minute, what it is at', async () => {
  const { bench } = transfer(200, () => false);
  const one = await bench();
  const lines: [string, Record<string, unknown> | undefined][] = [];
  const log: Log = {
    ...silentLog,
    info: (message, fields) => void lines.push([message, fields]),
    with: () => log,
  };
  one.engine.log = log;
  one.engine.leaseMs = 40_000;
  expect(await one.execute()).toBe('succeeded');
  expect(lines.map(([message]) => message)).toContain('step begun');
  const runs = lines.filter(([message]) => message === 'step runs');
  expect(runs.length).toBeGreaterThanOrEqual(2);
  expect(runs[0]?.[1]).toMatchObject({ seconds: expect.any(Number), bytes: expect.any(Number) });
  await one.close();
});

test('the engine counts what ends, how long it took and what it moved, and what runs', async () => {
  const { bench } = transfer(20, (attempt, block) => attempt === 1 && block === 11);
  const one = await bench();
  const metrics = createMetrics();
  let during = '';
  one.engine.metrics = metrics;
  one.engine.boundary = (_workflow, key, place) => {
    if (key === 'finish' && place === 'before-act') void metrics.text().then((text) => (during = text));
  };
  expect(await one.execute()).toBe('succeeded');
  const text = await metrics.text();
  expect(during).toContain('rewind_operations_running 1');
  expect(text).toContain('rewind_operations_running 0');
  expect(text).toContain('rewind_operations_total{workflow="create-backup/1",status="succeeded"} 1');
  const [, seconds] = /rewind_operation_duration_seconds_sum\{workflow="create-backup\/1"\} (\S+)/.exec(text) ?? [];
  // 31 blocks of a second each; what beats beside them moves this clock on, too
  expect(Number(seconds)).toBeGreaterThanOrEqual(31);
  expect(Number(seconds)).toBeLessThan(600);
  expect(text).toContain('rewind_bytes_total{workflow="create-backup/1"} 30000');
  await one.close();
});

describe('a step that the recipe does not list', () => {
  const forgotten = (name: string): Workflow<ToyWorld> => ({
    ...toyRecipe,
    steps: toyRecipe.steps.filter((step) => step.name !== name),
  });

  test('is refused before it acts, and what was made before it is put back', async () => {
    const world = toyWorld();
    const bench = await recipeBench({ world, workflow: forgotten('publish'), operation: newOperation() });
    expect(await bench.execute()).toBe('failed');
    const { failure } = (await bench.operations.operation(bench.operation.id, null))!;
    expect(failure).toMatchObject({ code: 'vm-backup.internal.step-not-listed', fault: 'bug' });
    expect([world.acts.get('published'), ...world.things]).toEqual([undefined]);
    await bench.close();
  });

  test('past the point of no return waits for a release that lists it', async () => {
    const world = toyWorld();
    const bench = await recipeBench({ world, workflow: forgotten('tidy'), operation: newOperation() });
    expect(await bench.execute()).toBe('let-go');
    bench.engine.workflows = [toyRecipe];
    expect(await bench.execute()).toBe('succeeded');
    expect([...world.things].sort()).toEqual(toyEnd);
    await bench.close();
  });

  test('of a former release is told of when it cannot be put back, and the others are', async () => {
    const world = toyWorld();
    world.broken = { step: 'publish', error: toyError('toy.refused', 'No.') };
    const bench = await engineBench(world, (place) => place === 'undo:before-act');
    expect(await bench.execute()).toBe('let-go');
    const told: unknown[] = [];
    const log: Log = { ...silentLog, error: (...line) => void told.push(line), with: () => log };
    Object.assign(bench.engine, { log, workflows: [forgotten('copy')] });
    expect(await bench.execute()).toBe('failed');
    expect([...world.things].sort()).toEqual(['copy-a', 'copy-b', 'copy-c']);
    expect(JSON.stringify(told)).toContain('copy[a]');
    await bench.close();
  });
});
