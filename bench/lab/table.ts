import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';

/** One thing measured and its peer, in the same round each. */
export interface Row {
  what: string;
  peer: string;
  ours: readonly number[];
  theirs: readonly number[];
  unit: 's' | 'MiB';
  /** What the ratio should not exceed. */
  aim?: number;
  /** What ours should not exceed the peer's by. */
  aimMore?: number;
}

export interface Limit {
  what: string;
  value: number;
  unit: 'MiB';
  aim?: number;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

const HEADER = ['What', 'Rewind', 'Peer', 'The peer', 'Ratio', 'of', 'Aim'];

export function tableOf(rows: readonly Row[], limits: readonly Limit[]): string {
  const lines = [HEADER, ...rows.map(cellsOf), ...limits.map(cellsOfLimit)];
  const widths = HEADER.map((_, column) => Math.max(3, ...lines.map((line) => line[column]!.length)));
  const line = (cells: string[]) => `| ${cells.map((cell, n) => cell.padEnd(widths[n]!)).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [line(HEADER), rule, ...lines.slice(1).map(line)].join('\n');
}

/** The ratio is the median of the rounds' ratios: both sides of a round met the same machine. */
function cellsOf({ what, peer, ours, theirs, unit, aim, aimMore }: Row): string[] {
  const ratios = ours.map((value, n) => value / theirs[n]!);
  const range = `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`;
  const ratio = median(ratios);
  const number = (value: number) => `${value.toFixed(unit === 's' ? 2 : 0)} ${unit}`;
  const more = median(ours.map((value, n) => value - theirs[n]!));
  let verdict = aim === undefined ? '' : `≤ ${aim}: ${ratio <= aim ? 'met' : 'MISSED'}`;
  if (aimMore !== undefined)
    verdict = `≤ ${aimMore} ${unit} more: ${more <= aimMore ? 'met' : 'MISSED'} (${more.toFixed(1)})`;
  const rounds = `${ours.length} rounds`;
  return [what, number(median(ours)), number(median(theirs)), peer, `${ratio.toFixed(2)} (${range})`, rounds, verdict];
}

function cellsOfLimit({ what, value, unit, aim }: Limit): string[] {
  const verdict = aim === undefined ? '' : `≤ ${aim} ${unit}: ${value <= aim ? 'met' : 'MISSED'}`;
  return [what, `${value.toFixed(0)} ${unit}`, '', '', '', '', verdict];
}

const said = (file: string, ...args: string[]): string => execFileSync(file, args, { encoding: 'utf8' }).trim();

/** What has to be known of the machine and the code to compare these figures with others. */
export function circumstances(): string[] {
  const changed = said('git', 'status', '--porcelain', '--', 'src') === '' ? '' : ' (with uncommitted changes in src)';
  return [
    `Commit ${said('git', 'rev-parse', '--short', 'HEAD')}${changed}`,
    `${cpus().length} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB of memory, Linux ${release()}`,
    `Ceph ${/\d+\.\d+\.\d+/.exec(said('rbd', '--version'))?.[0]}: two OSDs on this same machine, one copy of each object`,
    `Node ${process.version}, ${said('zstd', '--version').replaceAll('*', '').trim()}`,
  ];
}

export const load = (): string => loadavg()[0]!.toFixed(1);
