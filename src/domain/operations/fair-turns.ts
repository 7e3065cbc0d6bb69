/** Something that waits for its turn. */
export interface Waiting {
  project_id: string;
  /** ISO 8601; the longest wait comes first within its project. */
  due_at: string;
}

/**
 * The order in which they are let in: one of each project in turn, beginning with the projects that have least open, so
 * that a project with a thousand servers does not keep others waiting. `open`: runs of each project that are under way.
 */
export function fairOrder<T extends Waiting>(waiting: readonly T[], open: ReadonlyMap<string, number>): T[] {
  const lines = new Map<string, T[]>();
  for (const one of [...waiting].sort(byDue)) {
    const line = lines.get(one.project_id) ?? [];
    lines.set(one.project_id, line);
    line.push(one);
  }
  const placed = [...lines.entries()].flatMap(([project, line]) =>
    line.map((one, index) => ({ one, round: index + (open.get(project) ?? 0) })),
  );
  return placed.sort((a, b) => a.round - b.round || byDue(a.one, b.one)).map(({ one }) => one);
}

const byDue = (a: Waiting, b: Waiting): number =>
  a.due_at === b.due_at
    ? a.project_id < b.project_id
      ? -1
      : Number(a.project_id > b.project_id)
    : a.due_at < b.due_at
      ? -1
      : 1;
