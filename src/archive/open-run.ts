import type { Target } from '../ports/target.ts';
import { damaged, missing } from './damage.ts';
import { sha256Hex } from './digest.ts';
import { decodeFooter, decodeTrailer, type Footer, TRAILER_BYTES } from './footer.ts';
import type { RunRef } from './manifest.ts';
import { readRange } from './read-object.ts';
import type { RunSummary } from './run-summary.ts';

/** A run whose footer was read and checked. */
export interface OpenRun {
  footer: Footer;
  summary: RunSummary;
}

/** Opens a run that a manifest names. Rejects with `archive.missing` or `archive.damaged`. */
export async function openRun(target: Target, ref: RunRef): Promise<OpenRun> {
  const size = await target.size(ref.object);
  if (size === undefined) throw missing(ref.object);
  if (size !== ref.stored_bytes) throw damaged(ref.object, 'it has another length than was written');
  const run = await openBySize(target, ref.object, size);
  if (run.summary.footer_sha256 !== ref.footer_sha256) throw damaged(ref.object, 'it is not the run that was written');
  if (run.summary.size_bytes !== ref.size_bytes) throw damaged(ref.object, 'it belongs to a disk of another size');
  return run;
}

/** Opens a run of `size` bytes of which nothing is known but its name: its parts vouch for each other only. */
export async function openBySize(target: Target, object: string, size: number): Promise<OpenRun> {
  if (size < TRAILER_BYTES) throw damaged(object, 'it is cut off');
  const trailer = decodeTrailer(object, await readRange(target, object, size - TRAILER_BYTES, TRAILER_BYTES), size);
  const stored = await readRange(target, object, trailer.footerAt, trailer.footerBytes);
  if (sha256Hex(stored) !== trailer.footerSha256) throw damaged(object, 'its footer has another hash');
  const footer = decodeFooter(object, stored, trailer.footerAt);
  const { format: _format, head: _head, blocks: _blocks, end: _end, ...sums } = footer;
  return { footer, summary: { object, footer_sha256: trailer.footerSha256, stored_bytes: size, ...sums } };
}
