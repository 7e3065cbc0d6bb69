import type { WorkflowName } from './operation.ts';

/** What a user waits for at the screen, what is made for later, and what maintains existing things. */
type Kind = 'restore' | 'work' | 'care';

const KINDS = {
  'restore-volumes/1': 'restore',
  'restore-in-place/1': 'restore',
  'restore-new-server/1': 'restore',
  'revert-snapshot/1': 'restore',
  'create-backup/1': 'work',
  'create-snapshot/1': 'work',
  'delete-backup/1': 'work',
  'delete-snapshot/1': 'work',
  'copy-backup/1': 'work',
  'import-backup/1': 'work',
  'verify-backup/1': 'care',
  'repair-backup/1': 'care',
  'compact-backup/1': 'care',
  'sweep-runs/1': 'care',
} satisfies Record<WorkflowName, Kind>;

const kindOf = (workflow: string): Kind => (KINDS as Partial<Record<string, Kind>>)[workflow] ?? 'work';

/** After waiting for this long, an operation waits behind no other kind any more. */
const PATIENCE_MS = 3_600_000;

/** An open operation that a worker may claim now. */
export interface Claimable {
  id: string;
  projectId: string;
  /** Name of the recipe. */
  workflow: string;
  /** 0: no worker has begun it. */
  fence: number;
  createdAtMs: number;
}

export interface Claiming {
  /** Number of operations that this worker may run at a time. */
  slots: number;
  /** The operations that it runs now. */
  mine: readonly Pick<Claimable, 'projectId' | 'workflow'>[];
  /** Project → number of its operations that run on all workers. */
  running: ReadonlyMap<string, number>;
  /** Project → number of its last turn; absent: none yet. */
  served: Pick<ReadonlyMap<string, number>, 'get'>;
  nowMs: number;
}

/**
 * The operation that a worker with a free slot claims: first by project, the one that has least running; then a
 * restore, or what was begun already, comes before other work, and that before verifies, repairs and compactions; then
 * comes the project whose turn is longest ago; then the oldest. Undefined: none of them, because the remaining slots
 * are kept for others.
 */
export function nextToClaim<T extends Claimable>(waiting: readonly T[], now: Claiming): T | undefined {
  const places = new Map<string, readonly number[]>();
  const placeOf = (one: T): readonly number[] => {
    const rank = rankOf(one, now.nowMs);
    const known = places.get(`${rank} ${one.projectId}`);
    const place = known ?? [now.running.get(one.projectId) ?? 0, rank, now.served.get(one.projectId) ?? 0];
    places.set(`${rank} ${one.projectId}`, place);
    return place;
  };
  let first: T | undefined;
  for (const one of waiting) {
    if (!mayHaveSlot(one, now)) continue;
    if (!first || before([...placeOf(one), one.createdAtMs], [...placeOf(first), first.createdAtMs])) first = one;
  }
  return first;
}

/** With more than one slot, the last is for restores; with more than two, no project gets all. */
function mayHaveSlot(one: Claimable, { slots, mine }: Claiming): boolean {
  if (slots > 2 && mine.filter(({ projectId }) => projectId === one.projectId).length >= slots - 1) return false;
  if (slots === 1 || kindOf(one.workflow) === 'restore') return mine.length < slots;
  return mine.filter(({ workflow }) => kindOf(workflow) !== 'restore').length < slots - 1 && mine.length < slots;
}

function rankOf({ workflow, fence, createdAtMs }: Claimable, nowMs: number): number {
  const kind = kindOf(workflow);
  if (kind === 'restore' || fence > 0 || nowMs - createdAtMs > PATIENCE_MS) return 0;
  return kind === 'work' ? 1 : 2;
}

function before(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((value, n) => value !== b[n]);
  return at >= 0 && (a[at] ?? 0) < (b[at] ?? 0);
}
