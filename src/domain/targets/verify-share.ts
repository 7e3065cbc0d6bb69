/**
 * One share of what lies on a target, and how far it was read back. `shares` of them make up the whole; each day has
 * the share with its number, so that after `shares` days everything was read once.
 */
export interface VerifyShare {
  target: string;
  shares: number;
  share: number;
  /** The day (since 1970, UTC) whose turn it is, or was. */
  day: number;
  done: boolean;
  /** Name of the last object that was read; '' for none. */
  after: string;
  objects: number;
  bytes: number;
  /** Number of objects that were found bad. */
  bad: number;
  /** ISO 8601. */
  updated_at: string;
}

const MS_PER_DAY = 86_400_000;

export const dayOf = (nowMs: number): number => Math.floor(nowMs / MS_PER_DAY);

/**
 * Shares that are due and not done, the longest waiting first. `began`: the first day of all; a share's turn before
 * that does not count. A share that was missed on its day stays due until it is done.
 */
export function dueShares(
  known: readonly Pick<VerifyShare, 'share' | 'day' | 'done'>[],
  shares: number,
  began: number,
  today: number,
): { share: number; day: number }[] {
  const rows = new Map(known.map((row) => [row.share, row]));
  const due: { share: number; day: number }[] = [];
  for (let share = 0; share < shares; share += 1) {
    const day = today - ((((today - share) % shares) + shares) % shares);
    const row = rows.get(share);
    const done = row !== undefined && row.day >= day && row.done;
    if (day >= began && !done) due.push({ share, day });
  }
  return due.sort((one, other) => one.day - other.day);
}
