import { RewindError } from '../domain/errors.ts';

export interface TurnLimits {
  /** Limit for all projects together. */
  most: number;
  mostOfOne: number;
  /** Number that may wait for a turn; further ones are refused. */
  mostWaiting: number;
  mostWaitingOfOne: number;
}

export interface HeavyTurns {
  /**
   * Resolves when it is this project's turn, to a function that ends the turn and may be called twice. Rejects with
   * `request.too-many` (429) when too many wait, and when `gone` says that nobody waits for this answer any more.
   */
  take(projectId: string, gone: AbortSignal): Promise<() => void>;
}

interface Waiter {
  projectId: string;
  begin(): void;
}

/**
 * Lets only a small number of requests that read or compute much run at a time, and fewer still of one project, so that
 * their memory is bounded and no project keeps the others out. First come, first served among those whose project may
 * begin one.
 */
export function heavyTurns(limits: TurnLimits): HeavyTurns {
  const running = new Map<string, number>();
  let all = 0;
  let waiting: Waiter[] = [];

  const count = (projectId: string, by: number): void => {
    all += by;
    const now = (running.get(projectId) ?? 0) + by;
    if (now > 0) running.set(projectId, now);
    else running.delete(projectId);
  };
  const mayBegin = (projectId: string): boolean =>
    all < limits.most && (running.get(projectId) ?? 0) < limits.mostOfOne;
  const next = (): void => {
    const one = waiting.find(({ projectId }) => mayBegin(projectId));
    if (!one) return;
    waiting = waiting.filter((other) => other !== one);
    one.begin();
  };
  const begin = (projectId: string): (() => void) => {
    count(projectId, 1);
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      count(projectId, -1);
      next();
    };
  };

  return {
    take(projectId, gone) {
      if (mayBegin(projectId)) return Promise.resolve(begin(projectId));
      const ofOne = waiting.filter((one) => one.projectId === projectId).length;
      if (waiting.length >= limits.mostWaiting || ofOne >= limits.mostWaitingOfOne) return Promise.reject(tooMany());
      return new Promise((resolve, reject) => {
        const waiter: Waiter = { projectId, begin: () => resolve(begin(projectId)) };
        waiting.push(waiter);
        gone.addEventListener('abort', () => {
          if (!waiting.includes(waiter)) return;
          waiting = waiting.filter((other) => other !== waiter);
          reject(tooMany());
        });
      });
    },
  };
}

const tooMany = (): RewindError => new RewindError('request.too-many');
