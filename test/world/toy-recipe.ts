import type { RewindError } from '../../src/domain/errors.ts';
import type { Step } from '../../src/workflow-engine/step.ts';
import type { Workflow } from '../../src/workflow-engine/workflow.ts';

/** A world small enough to see whole: things exist or not, and each act is counted. */
export interface ToyWorld {
  things: Set<string>;
  acts: Map<string, number>;
  /** Fails this step's act for good. */
  broken: { step: string; error: RewindError } | null;
  /** Fails this step's act so often, then works. */
  shaky: { step: string; times: number; error: RewindError } | null;
  /** Holds up the next act of this step, once: a worker that sleeps. */
  sleeper: { step: string; until: () => Promise<unknown> } | null;
}

export const toyWorld = (): ToyWorld => ({
  things: new Set(),
  acts: new Map(),
  broken: null,
  shaky: null,
  sleeper: null,
});

/** Outputs null: what is found must count as found all the same. */
const make = (name: string): Step<ToyWorld, { thing: string }, null> => ({
  name,
  async find({ world }, input) {
    return world.things.has(input.thing) ? null : undefined;
  },
  async act(context, input) {
    const { world } = context;
    const { sleeper } = world;
    if (sleeper?.step === name) {
      world.sleeper = null;
      await sleeper.until();
    }
    await context.proveLease();
    if (world.broken?.step === name) throw world.broken.error;
    if (world.shaky?.step === name && world.shaky.times-- > 0) throw world.shaky.error;
    world.things.add(input.thing);
    world.acts.set(input.thing, (world.acts.get(input.thing) ?? 0) + 1);
    context.boundary('middle');
    return null;
  },
  async undo({ world }, input) {
    world.things.delete(input.thing);
  },
});

const [prepare, copy, publish] = [make('prepare'), make('copy'), make('publish')];
const tidy: Step<ToyWorld, null, null> = {
  name: 'tidy',
  async act({ world }) {
    if (world.broken?.step === 'tidy') throw world.broken.error;
    if (world.shaky?.step === 'tidy' && world.shaky.times-- > 0) throw world.shaky.error;
    world.things.delete('draft');
    return null;
  },
};

export const toyRecipe: Workflow<ToyWorld> = {
  name: 'create-backup/1',
  steps: [prepare, copy, publish, tidy],
  async run(run) {
    await run.step(prepare, { thing: 'draft' });
    await run.each(['a', 'b', 'c'], copy, {
      key: (one) => one,
      input: (one) => ({ thing: `copy-${one}` }),
      parallel: 2,
    });
    await run.step(publish, { thing: 'published' });
    await run.pointOfNoReturn();
    await run.step(tidy, null);
    return {};
  },
  ended: () => ({}),
};

export const toyEnd = ['copy-a', 'copy-b', 'copy-c', 'published'];
