import type { Difference } from '../../../domain/points/new-server-plan.ts';
import type { RecordedServer } from '../../../domain/points/recorded-server.ts';
import type { Networking, Offerings } from '../../../ports/server-making.ts';
import { type Conflict, conflict } from '../../shared/conflict.ts';
import type { NewServerWishes } from './wishes.ts';

/** A plan that is being made: each part adds what it finds, so that one answer has everything. */
export interface PlanDraft {
  recorded: RecordedServer;
  wishes: NewServerWishes;
  network: Networking;
  offerings: Offerings;
  conflicts: Conflict[];
  differences: Difference[];
}

export function refuse(draft: Pick<PlanDraft, 'conflicts'>, ...args: Parameters<typeof conflict>): void {
  draft.conflicts.push(conflict(...args));
}

export function note(draft: Pick<PlanDraft, 'differences'>, code: string, detail: string): void {
  draft.differences.push({ code, detail });
}
