import type { Turn, Turns } from '../../src/ports/stores/turns.ts';

/** Turns of one process's life. */
export class MemoryTurns implements Turns {
  readonly turns = new Map<string, Turn>();

  async look(name: string): Promise<Turn | undefined> {
    return this.turns.get(name);
  }

  async take(name: string, seen: Turn | undefined, holder: string, report?: unknown): Promise<boolean> {
    const turn = this.turns.get(name);
    if (turn?.beat !== seen?.beat || turn?.holder !== seen?.holder) return false;
    this.turns.set(name, { holder, beat: (turn?.beat ?? 0) + 1, report: report ?? turn?.report ?? null });
    return true;
  }
}
