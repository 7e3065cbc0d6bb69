import { byText } from '../../domain/order.ts';
import type { Manifest, RunRef } from './manifest.ts';

export interface MergeRules {
  /** A disk's newest backup needs no more runs than this. */
  maxRuns: number;
  /** What may come back must be at least this share of the largest run that has to be written again. */
  minShare: number;
}

export interface MergeView {
  /** Of one server, on one target: all that could be read. */
  manifests: readonly Manifest[];
  /** Some could not: then nobody knows whether a run that is not named any more is needed. */
  incomplete: boolean;
  /** Backups that may be described anew. */
  rewritable: ReadonlySet<string>;
  newestId: string | undefined;
}

/** Runs of one disk that are to become one, and the backups that are to name it instead of them. */
export interface PlannedMerge {
  diskId: string;
  /** Newest first, each continuing the next. */
  runs: RunRef[];
  backups: string[];
}

interface Chain {
  backupId: string;
  runs: readonly RunRef[];
}

/** What is worth merging now, at most one part of each disk: what is left is seen the next time. */
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
 * Runs that the very same backups need lie between two kept ones: nobody restores to a point among them. Merged, the
 * old ones belong to nobody, and what they say twice comes back.
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

/** Of a chain that got too long, the increments; the base too when they weigh something beside it. */
function forLength({ newestId, rewritable }: MergeView, chains: Chain[], rules: MergeRules): RunRef[] | undefined {
  const runs = chains.find((chain) => chain.backupId === newestId && rewritable.has(chain.backupId))?.runs;
  if (!runs || runs.length <= Math.max(2, rules.maxRuns)) return undefined;
  const increments = runs.slice(0, -1);
  const heavy = bytesOf(increments) >= rules.minShare * runs.at(-1)!.stored_bytes;
  return heavy ? [...runs] : increments;
}

/** Longest parts, of two runs at least, whose runs share a key. */
function partsOf(runs: readonly RunRef[], key: (run: RunRef) => string): RunRef[][] {
  const parts: RunRef[][] = [];
  for (const run of runs) {
    const last = parts.at(-1);
    if (last && key(last[0]!) === key(run)) last.push(run);
    else parts.push([run]);
  }
  return parts.filter((part) => part.length > 1);
}

/** Whether the chain has these runs, one after the other. */
function has({ runs }: Chain, part: readonly RunRef[]): boolean {
  const at = runs.findIndex((run) => run.object === part[0]?.object);
  return at >= 0 && part.every((run, n) => runs[at + n]?.object === run.object);
}

const bytesOf = (runs: readonly RunRef[]): number => runs.reduce((sum, run) => sum + run.stored_bytes, 0);
const largest = (runs: readonly RunRef[]): number => Math.max(...runs.map((run) => run.stored_bytes));
const gain = (runs: readonly RunRef[]): number => bytesOf(runs) - largest(runs);
