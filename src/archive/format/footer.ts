import * as z from 'zod';
import { RewindError } from '../../domain/errors.ts';
import { damaged } from '../runs/damage.ts';
import { MAX_FOOTER_BYTES, MAX_HEAD_FRAME_BYTES, MAX_INDEX_BLOCK_BYTES } from './format-limits.ts';
import type { RunParts, StoredPart } from './run-parts.ts';
import { SKIPPABLE, SKIPPABLE_HEADER_BYTES, unwrapSkippable, wrapSkippable } from './skippable.ts';

/** The first is in clear, the second encrypted. */
const RUN_FORMATS = ['rewind-run/1', 'rewind-run/2'] as const;

const bytes = z.int().min(0);
const hex256 = z.string().regex(/^[0-9a-f]{64}$/);
/** Names of Rewind's own only; they stay below rbd's limit for a snapshot's name. */
const snapName = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,95}$/);

/** `frames_bytes` of frames lie before the block; `first` and `end` are offsets on the disk. */
const indexBlockInfo = z.strictObject({
  frames: z.int().min(1),
  extents: z.int().min(1),
  frames_bytes: z.int().min(1),
  block_bytes: z.int().min(1).max(MAX_INDEX_BLOCK_BYTES),
  first: bytes,
  end: bytes,
  sha256: hex256,
});
const smallFrame = z.strictObject({ stored_bytes: z.int().min(1).max(MAX_HEAD_FRAME_BYTES), sha256: hex256 });

const footerSchema = z.strictObject({
  format: z.enum(RUN_FORMATS),
  from_snap: z.nullable(snapName),
  to_snap: snapName,
  size_bytes: bytes,
  plain_bytes: bytes,
  changed_bytes: bytes,
  zero_bytes: bytes,
  frames: bytes,
  extents: bytes,
  head: smallFrame,
  blocks: z.array(indexBlockInfo),
  end: smallFrame,
});

export type Footer = z.infer<typeof footerSchema>;
export type IndexBlockInfo = z.infer<typeof indexBlockInfo>;

/** The footer as it is stored. Throws `archive.too-fragmented` when it would be too long to be read back. */
export function encodeFooter(footer: Footer, parts: RunParts): StoredPart {
  const checked = footerSchema.safeParse(footer);
  const stored = parts.sealTable({ kind: 'footer', number: 0 }, Buffer.from(JSON.stringify(footer), 'utf8'));
  if (!checked.success || stored.bytes > MAX_FOOTER_BYTES) {
    throw new RewindError('archive.too-fragmented', {
      ...(!checked.success && { fault: 'bug' }),
      cause: checked.error,
    });
  }
  return stored;
}

/** Reads a stored footer and checks that what it describes fills the object exactly. Throws `archive.damaged`. */
export function decodeFooter(object: string, stored: Uint8Array, footerAt: number, parts: RunParts): Footer {
  const footer = footerSchema.safeParse(parseJson(parts.openTable({ kind: 'footer', number: 0 }, stored)));
  if (!footer.success) throw damaged(object, 'its footer makes no sense', footer.error);
  if (footer.data.format !== parts.format) throw damaged(object, 'its footer is of another format than its end');
  checkArithmetic(object, footer.data, footerAt);
  return footer.data;
}

function checkArithmetic(object: string, footer: Footer, footerAt: number): void {
  let at = footer.head.stored_bytes;
  let end = 0;
  let frames = 0;
  let extents = 0;
  for (const block of footer.blocks) {
    if (block.first < end || block.end <= block.first) throw damaged(object, 'its index blocks are out of order');
    end = block.end;
    at += block.frames_bytes + block.block_bytes;
    frames += block.frames;
    extents += block.extents;
  }
  if (end > footer.size_bytes) throw damaged(object, 'it reaches beyond its disk');
  if (at + footer.end.stored_bytes !== footerAt) throw damaged(object, 'its parts do not fill it');
  if (frames !== footer.frames || extents !== footer.extents) throw damaged(object, 'its sums are wrong');
}

function parseJson(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString('utf8'));
  } catch {
    return undefined;
  }
}

const TRAILER_MAGIC: Readonly<Record<Footer['format'], Buffer>> = {
  'rewind-run/1': Buffer.from('rewind-run-end/1', 'latin1'),
  'rewind-run/2': Buffer.from('rewind-run-end/2', 'latin1'),
};
const MAGIC_BYTES = 16;
const HEX_SHA_BYTES = 32;
/** Skippable header, magic, u64 footer offset, u32 footer length, SHA-256 of the stored footer. */
export const TRAILER_BYTES = SKIPPABLE_HEADER_BYTES + MAGIC_BYTES + 8 + 4 + HEX_SHA_BYTES;

export interface Trailer {
  format: Footer['format'];
  footerAt: number;
  footerBytes: number;
  footerSha256: string;
}

export function encodeTrailer(format: Footer['format'], footerAt: number, footer: StoredPart): Buffer {
  const payload = Buffer.alloc(TRAILER_BYTES - SKIPPABLE_HEADER_BYTES);
  TRAILER_MAGIC[format].copy(payload, 0);
  payload.writeBigUInt64LE(BigInt(footerAt), 16);
  payload.writeUInt32LE(footer.bytes, 24);
  payload.set(footer.sha256, 28);
  return wrapSkippable(SKIPPABLE.trailer, payload);
}

/** `stored`: the last TRAILER_BYTES of an object of `objectBytes`. Throws `archive.damaged`. */
export function decodeTrailer(object: string, stored: Uint8Array, objectBytes: number): Trailer {
  const payload = unwrapSkippable(SKIPPABLE.trailer, stored);
  const magic = payload?.subarray(0, MAGIC_BYTES);
  const format = RUN_FORMATS.find((one) => magic && TRAILER_MAGIC[one].equals(magic));
  if (payload === undefined || format === undefined) throw damaged(object, 'its end is not that of a run');
  const view = Buffer.from(payload);
  const footerAt = view.readBigUInt64LE(16);
  const footerBytes = view.readUInt32LE(24);
  const sum = footerAt + BigInt(footerBytes) + BigInt(TRAILER_BYTES);
  if (sum !== BigInt(objectBytes) || footerBytes > MAX_FOOTER_BYTES)
    throw damaged(object, 'its length is not as written');
  return { format, footerAt: Number(footerAt), footerBytes, footerSha256: view.subarray(28).toString('hex') };
}
