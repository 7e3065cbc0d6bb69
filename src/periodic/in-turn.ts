import type { Turn, Turns } from '../ports/stores/turns.ts';
import type { Clock } from '../ports/system.ts';

export interface TakingTurns {
  turns: Turns;
  clock: Pick<Clock, 'monotonic'>;
  /** Name in the table of turns. */
  name: string;
  /** Name of this process. */
  holder: string;
  /** A holder that shows no sign of life for this long is replaced. */
  silentMs: number;
}

/** The function resolves to whether it is this process's turn. Silence is measured by our own clock. */
export function inTurn({ turns, clock, name, holder, silentMs }: TakingTurns): () => Promise<boolean> {
  let other: { turn: Turn; sinceMs: number } | undefined;
  return async () => {
    const turn = await turns.look(name);
    if (turn !== undefined && turn.holder !== holder) {
      const now = clock.monotonic();
      if (other?.turn.holder !== turn.holder || other.turn.beat !== turn.beat) other = { turn, sinceMs: now };
      if (now - other.sinceMs < silentMs) return false;
    }
    return await turns.take(name, turn, holder);
  };
}
