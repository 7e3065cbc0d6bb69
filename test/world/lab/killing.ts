import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sleep } from './lab.ts';
import type { Installation, RunningProcess } from './rewind.ts';

/** Two real workers on one installation; a boundary can be named at which whoever stands there is killed (SIGKILL). */
export interface KillBench {
  /** The boundaries that `act` passes, in order, each once. */
  placesOf(act: () => Promise<unknown>): Promise<string[]>;
  /** Runs `act` with the worker dying at this place. Rejects when the kill did not fire. */
  killAt<T>(place: string, act: () => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

const WORKERS = 2;

export function killBench(rewind: Installation): KillBench {
  const folder = join(rewind.folder, 'faults');
  mkdirSync(folder);
  const placesFile = join(folder, 'places');
  const order = join(folder, 'kill-at');
  const killed = join(folder, 'killed');
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
  return {
    async placesOf(act) {
      rmSync(placesFile, { force: true });
      await act();
      return [...new Set(readFileSync(placesFile, 'utf8').trim().split('\n'))];
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
    async stop() {
      stopping = true;
      await Promise.all([...workers].map((worker) => worker.stop()));
    },
  };
}
