import { randomUUID } from 'node:crypto';
import type { Operation } from '../../src/domain/operations/operation.ts';
import type { Step, StepContext } from '../../src/workflow-engine/step.ts';
import type { EachOf, ResourceEnd, Run, Workflow } from '../../src/workflow-engine/workflow.ts';
import { Crash } from './engine-bench.ts';
import { silentLog } from './silent-log.ts';

/** An operation of which the journal is kept in memory: what is recorded survives a crash. */
export class PlainOperation<W> {
  readonly operation: Operation;
  readonly #workflow: Workflow<W>;
  readonly #done = new Map<string, unknown>();
  readonly #begun = new Map<string, { mark: string; noted?: unknown }>();
  #fence = 0;
  committed = false;

  constructor(workflow: Workflow<W>, operation: Operation) {
    this.#workflow = workflow;
    this.operation = operation;
  }

  /**
   * Runs the recipe, as the next worker that takes it: what is recorded is not done again. Dies at the boundary of this
   * number, if there are so many: then undefined. Rejects with what a step rejects with; nothing is undone.
   */
  async run(world: W, crashAt = Number.POSITIVE_INFINITY): Promise<ResourceEnd | undefined> {
    this.#fence += 1;
    let boundaries = 0;
    const boundary = () => {
      boundaries += 1;
      if (boundaries > crashAt) throw new Crash();
    };
    try {
      return await this.#workflow.run(this.#runOf(world, boundary), this.operation.input);
    } catch (error) {
      if (error instanceof Crash) return undefined;
      throw error;
    }
  }

  #runOf(world: W, boundary: () => void): Run<W> {
    const { operation } = this;
    const step: Run<W>['step'] = (one, input) => this.#step(world, boundary, one, one.name, input);
    const each = async <T, I, O>(items: readonly T[], one: Step<W, I, O>, of: EachOf<T, I>): Promise<O[]> => {
      const outputs: O[] = [];
      for (const item of items)
        outputs.push(await this.#step(world, boundary, one, `${one.name}[${of.key(item)}]`, of.input(item)));
      return outputs;
    };
    return {
      operation,
      world,
      step,
      each,
      attempt: step,
      attemptEach: each,
      pointOfNoReturn: async () => {
        boundary();
        this.committed = true;
        boundary();
      },
    };
  }

  async #step<I, O>(world: W, boundary: () => void, one: Step<W, I, O>, key: string, input: I): Promise<O> {
    if (this.#done.has(key)) return this.#done.get(key) as O;
    const begunBefore = this.#begun.has(key);
    const line = this.#begun.get(key) ?? { mark: randomUUID() };
    this.#begun.set(key, line);
    const context: StepContext<W> = {
      world,
      operation: this.operation,
      fence: this.#fence,
      signal: new AbortController().signal,
      mark: line.mark,
      begunBefore: () => begunBefore,
      noted: () => line.noted,
      note: async (noted) => void Object.assign(line, { noted }),
      log: silentLog,
      proveLease: async () => undefined,
      progress: { total: () => undefined, add: () => undefined },
      boundary,
      waitFor: async () => {
        throw new Error('nobody waits here');
      },
    };
    boundary();
    const given = JSON.parse(JSON.stringify(input ?? null));
    const output = (await one.find?.(context, given)) ?? (await one.act(context, given));
    boundary();
    this.#done.set(key, JSON.parse(JSON.stringify(output ?? null)));
    boundary();
    return this.#done.get(key) as O;
  }
}
