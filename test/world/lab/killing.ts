import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sleep } from './lab.ts';
import type { Installation, RunningProcess } from './rewind.ts';

/** Real workers on one installation; boundaries can be named at which whoever stands there is killed (SIGKILL). */
export interface KillBench {
  /** The boundaries that `act` passes, in order, each once. */
  placesOf(act: () => Promise<unknown>): Promise<string[]>;
  /** Runs `act` with the worker dying at this place. Rejects when the kill did not fire. */
  killAt<T>(place: string, act: () => Promise<T>): Promise<T>;
  /**
   * Runs `act` once, with somebody dying at each of these places, or at each that begins so, in turn: the next worker
   * goes on and dies at the next place, until the last one ends it. Gives the places at which somebody died.
   */
  killAtEach<T>(places: readonly string[], act: () => Promise<T>): Promise<{ result: T; killed: string[] }>;
  /**
   * As REWIND_TEST_BOUNDARIES says: `round` once for each of the tried places, with its kill; or, chained, once with all
   * kills. `inOne`: by default chained, with so many. Prints how many there were.
   */
  rounds(
    recipe: string,
    places: readonly string[],
    round: (kill: Kill) => Promise<unknown>,
    inOne?: number,
  ): Promise<void>;
  stop(): Promise<void>;
}

/** Carries out what is to be disturbed. */
export type Kill = <T>(act: () => Promise<T>) => Promise<T>;

const WORKERS = 3;
const TRIED_BY_DEFAULT = 2;
const MOST_CHAINS = 4;

/** An operation in which a worker dies at each of more than a hundred boundaries. */
export const CHAIN_LIMIT_MS = 1_200_000;

/**
 * The boundaries that are tried: REWIND_TEST_BOUNDARIES=all or `chained` (all, in one operation) or how many of a recipe.
 * By default some, spread evenly from a random first one; over many runs all have their turn.
 */
export function triedOf(places: readonly string[], byDefault = TRIED_BY_DEFAULT): string[] {
  const wanted = process.env.REWIND_TEST_BOUNDARIES ?? String(byDefault);
  const most = wanted === 'all' || wanted === 'chained' ? places.length : Number(wanted);
  if (most >= places.length) return [...places];
  const stride = places.length / most;
  const first = Math.random() * stride;
  return Array.from({ length: most }, (_, n) => places[Math.floor(first + n * stride)] as string);
}

/** Also what differs little from what is tried anyway. */
export const isThorough = process.env.REWIND_TEST_BOUNDARIES !== undefined;

export function killBench(rewind: Installation): KillBench {
  const folder = join(rewind.folder, 'faults');
  mkdirSync(folder);
  const [placesFile, order, killed, each, killedEach] = [
    ...['places', 'kill-at', 'killed', 'kill-each', 'killed-each'].map((name) => join(folder, name)),
  ] as [string, string, string, string, string];
  const workers = new Set<RunningProcess>();
  let stopping = false;
  const startWorker = () => {
    const worker = rewind.start('worker', { REWIND_FAULT_DIR: folder });
    workers.add(worker);
    // The dead are replaced; meanwhile the other one takes over.
    void worker.ended.then(() => {
      workers.delete(worker);
      if (!stopping) startWorker();
    });
  };
  for (let n = 0; n < WORKERS; n += 1) startWorker();
  const bench: KillBench = {
    async placesOf(act) {
      rmSync(placesFile, { force: true });
      await act();
      return [...new Set(linesOf(placesFile))];
    },
    async killAt(place, act) {
      rmSync(killed, { force: true });
      writeFileSync(order, place);
      const result = await act();
      for (let look = 0; look < 20 && !existsSync(killed); look += 1) await sleep(100);
      if (!existsSync(killed)) {
        rmSync(order, { force: true });
        throw new Error(`nobody passed ${place}: the kill did not fire`);
      }
      return result;
    },
    async killAtEach(places, act) {
      rmSync(killedEach, { force: true });
      writeFileSync(each, places.join('\n'));
      try {
        const result = await act();
        // Who ended the operation dies after it, too.
        await sleep(500);
        return { result, killed: linesOf(killedEach) };
      } finally {
        rmSync(each, { force: true });
      }
    },
    async rounds(recipe, places, round, inOne) {
      const tried = triedOf(places, inOne);
      const wanted = process.env.REWIND_TEST_BOUNDARIES;
      const chained = wanted === undefined ? inOne !== undefined : wanted === 'chained';
      const died = new Set<string>();
      const left = () => tried.filter((place) => !died.has(place));
      if (chained) {
        const chain: Kill = async (act) => {
          const { result, killed } = await bench.killAtEach(left(), act);
          for (const place of killed) died.add(place);
          return result;
        };
        // A place may be passed over: who died beside it had acted there, and the next one found it done.
        const rounds = wanted === 'chained' ? MOST_CHAINS : 1;
        for (let n = 0; n < rounds && left().length > 0; n += 1) await round(chain);
      } else
        for (const place of tried) {
          await round((act) => bench.killAt(place, act));
          died.add(place);
        }
      const of = tried.length === places.length ? '' : ` tried of ${places.length}`;
      const how = chained ? ', many in one operation' : '';
      console.log(
        `kill -9, ${recipe}: ${died.size} of ${tried.length} boundaries${of}${how}: ended well by another worker`,
      );
      if (wanted === 'chained' && left().length > 0) throw new Error(`nobody died at ${left().join(', ')}`);
    },
    async stop() {
      stopping = true;
      await Promise.all([...workers].map((worker) => worker.stop()));
    },
  };
  return bench;
}

const linesOf = (path: string): string[] =>
  existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : [];
