import type { KeyRing } from '../../ports/keys.ts';
import type { Target } from '../../ports/target.ts';
import { sha256Hex } from '../format/digest.ts';
import { decodeFooter, decodeTrailer, type Footer, TRAILER_BYTES } from '../format/footer.ts';
import { parseRunObject } from '../format/layout.ts';
import { plainParts, type RunParts, tableOf } from '../format/run-parts.ts';
import type { RunSummary } from '../format/run-summary.ts';
import { SEALED_RUN_FORMAT, sealedParts } from '../format/sealed-parts.ts';
import { ENVELOPE_BYTES, openRunKey, projectKeyIdOf } from '../keys/run-key.ts';
import type { RunRef } from '../manifests/manifest.ts';
import { damaged, missing } from './damage.ts';
import { readRange } from './read-object.ts';

/** A run whose footer was read and checked. */
export interface OpenRun {
  footer: Footer;
  summary: RunSummary;
  parts: RunParts;
  /** Id of the project's key that it needs; null: it is in clear. */
  keyId: string | null;
}

/**
 * Opens a run that a manifest names. Rejects with `archive.missing` or `archive.damaged`, and with errors of the key
 * ring: the run itself says whether it is encrypted, and under which key.
 */
export async function openRun(target: Target, ref: RunRef, keys: KeyRing): Promise<OpenRun> {
  const size = await target.size(ref.object);
  if (size === undefined) throw missing(ref.object);
  if (size !== ref.stored_bytes) throw damaged(ref.object, 'it has another length than was written');
  const run = await openBySize(target, ref.object, size, keys, ref.footer_sha256);
  if (run.summary.size_bytes !== ref.size_bytes) throw damaged(ref.object, 'it belongs to a disk of another size');
  return run;
}

/**
 * Opens a run of `size` bytes. Where no footer is expected, nothing but its name is known: its parts authenticate each
 * other, and the name too when they are encrypted.
 */
export async function openBySize(
  target: Target,
  object: string,
  size: number,
  keys: KeyRing,
  footerSha256?: string,
): Promise<OpenRun> {
  if (size < TRAILER_BYTES) throw damaged(object, 'it is cut off');
  const trailer = decodeTrailer(object, await readRange(target, object, size - TRAILER_BYTES, TRAILER_BYTES), size);
  const stored = await readRange(target, object, trailer.footerAt, trailer.footerBytes);
  if (sha256Hex(stored) !== trailer.footerSha256) throw damaged(object, 'its footer has another hash');
  // Checked before anything in it is believed, even the name of a key.
  if (footerSha256 !== undefined && trailer.footerSha256 !== footerSha256)
    throw damaged(object, 'it is not the run that was written');
  const sealed = trailer.format === SEALED_RUN_FORMAT ? await partsOf(target, object, stored, keys) : undefined;
  const { parts, keyId } = sealed ?? { parts: plainParts(object), keyId: null };
  const footer = decodeFooter(object, stored, trailer.footerAt, parts);
  const { format: _format, head: _head, blocks: _blocks, end: _end, ...sums } = footer;
  return {
    footer,
    parts,
    keyId,
    summary: { object, footer_sha256: trailer.footerSha256, stored_bytes: size, ...sums },
  };
}

async function partsOf(
  target: Target,
  object: string,
  footer: Uint8Array,
  keys: KeyRing,
): Promise<{ parts: RunParts; keyId: string }> {
  const envelope = tableOf(object, 'footer', footer).subarray(0, ENVELOPE_BYTES);
  const place = parseRunObject(object);
  if (envelope.length !== ENVELOPE_BYTES || place === undefined) throw damaged(object, 'its footer is none');
  const keyId = projectKeyIdOf(envelope);
  const project = await keys.find(target, place.projectId, keyId);
  return { parts: sealedParts(object, { key: openRunKey(object, project, envelope), envelope }), keyId };
}
