import { byText } from '../../domain/order.ts';
import type { Manifest, RunRef } from './manifest.ts';

export interface MergeRules {
  /** The most runs that a disk's newest backup may need. */
  maxRuns: number;
  /** A merge must win back at least this share of the largest run that it has to write again. */
  minShare: number;
}

export interface MergeView {
  /** Those of one server on one target that could be read. */
  manifests: readonly Manifest[];
  /** True: some could not be read; then nobody knows whether a run that is no longer named is needed. */
  incomplete: boolean;
  /** Ids of the backups whose manifests may be rewritten. */
  rewritable: ReadonlySet<string>;
  newestId: string | undefined;
}

/** Runs of one disk that are to become one, and the backups that are to name the new run instead of them. */
export interface PlannedMerge {
  diskId: string;
  /** Newest first; each continues the next. */
  runs: RunRef[];
  backups: string[];
}

interface Chain {
  backupId: string;
  runs: readonly RunRef[];
}

/** The merges that are worth doing now, at most one for each disk: the next look sees what is left. */
export function planMerges(view: MergeView, rules: MergeRules): PlannedMerge[] {
  const chains = new Map<string, Chain[]>();
  for (const { backup, disks } of view.manifests) {
    for (const { id, runs } of disks) chains.set(id, [...(chains.get(id) ?? []), { backupId: backup.id, runs }]);
  }
  const merges: PlannedMerge[] = [];
  for (const [diskId, ofDisk] of chains) {
    const runs = forSpace(view, ofDisk, rules) ?? forLength(view, ofDisk, rules);
    if (!runs) continue;
    const backups = ofDisk.filter((chain) => view.rewritable.has(chain.backupId) && has(chain, runs));
    merges.push({ diskId, runs, backups: backups.map((chain) => chain.backupId) });
  }
  return merges;
}

/**
 * Merges runs between two kept backups that are needed by exactly the same backups: nobody restores to a point among
 * them. After the merge no backup needs the old ones, and the space of what they hold twice is won back.
 */
function forSpace(
  { rewritable, incomplete }: MergeView,
  chains: Chain[],
  { minShare }: MergeRules,
): RunRef[] | undefined {
  if (incomplete) return undefined;
  const users = new Map<string, string[]>();
  for (const { backupId, runs } of chains) {
    for (const { object } of runs) users.set(object, [...(users.get(object) ?? []), backupId]);
  }
  const key = (run: RunRef) => users.get(run.object)?.toSorted(byText).join() ?? '';
  let best: RunRef[] | undefined;
  for (const { runs } of chains) {
    for (const part of partsOf(runs, key)) {
      const mayAll = users.get(part[0]!.object)?.every((id) => rewritable.has(id)) ?? false;
      if (!mayAll || gain(part) < minShare * largest(part)) continue;
      if (best === undefined || gain(part) > gain(best)) best = part;
    }
  }
  return best;
}

/** Merges the increments of a chain that got too long, and its base too when they are large in comparison. */
function forLength({ newestId, rewritable }: MergeView, chains: Chain[], rules: MergeRules): RunRef[] | undefined {
  const runs = chains.find((chain) => chain.backupId === newestId && rewritable.has(chain.backupId))?.runs;
  if (!runs || runs.length <= Math.max(2, rules.maxRuns)) return undefined;
  const increments = runs.slice(0, -1);
  const heavy = bytesOf(increments) >= rules.minShare * runs.at(-1)!.stored_bytes;
  return heavy ? [...runs] : increments;
}

/** The longest parts, of two runs or more, whose runs share a key. */
function partsOf(runs: readonly RunRef[], key: (run: RunRef) => string): RunRef[][] {
  const parts: RunRef[][] = [];
  for (const run of runs) {
    const last = parts.at(-1);
    if (last && key(last[0]!) === key(run)) last.push(run);
    else parts.push([run]);
  }
  return parts.filter((part) => part.length > 1);
}

/** Whether the chain has these runs in this order, without others in between. */
function has({ runs }: Chain, part: readonly RunRef[]): boolean {
  const at = runs.findIndex((run) => run.object === part[0]?.object);
  return at >= 0 && part.every((run, n) => runs[at + n]?.object === run.object);
}

const bytesOf = (runs: readonly RunRef[]): number => runs.reduce((sum, run) => sum + run.stored_bytes, 0);
const largest = (runs: readonly RunRef[]): number => Math.max(...runs.map((run) => run.stored_bytes));
const gain = (runs: readonly RunRef[]): number => bytesOf(runs) - largest(runs);
