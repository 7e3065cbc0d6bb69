import * as z from 'zod';
import { RewindError } from '../../domain/errors.ts';
import { MAX_MANIFEST_BYTES } from '../format/format-limits.ts';

const EXPORT_FORMAT = 'rewind-export/1';

/** A sealed manifest escaped as JSON text grows; far beyond this it is none of ours. */
export const MAX_EXPORT_LINE_BYTES = 3 * MAX_MANIFEST_BYTES;

const line = z.strictObject({
  format: z.literal(EXPORT_FORMAT),
  /** The operator's name of the target that holds the backup's data. */
  target: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
  /** The sealed manifest, byte by byte. */
  manifest: z.string(),
});

export interface ExportedPoint {
  target: string;
  sealed: Uint8Array;
}

/** One line of JSON, without the newline. */
export const exportLine = ({ target, sealed }: ExportedPoint): string =>
  JSON.stringify({ format: EXPORT_FORMAT, target, manifest: Buffer.from(sealed).toString('utf8') });

/** @throws RewindError `export.malformed`; whether the manifest is genuine is for its seal to say */
export function parseExportLine(text: string): ExportedPoint {
  try {
    const { target, manifest } = line.parse(JSON.parse(text));
    return { target, sealed: Buffer.from(manifest, 'utf8') };
  } catch (cause) {
    throw new RewindError('export.malformed', 'A line is not one that `rewind admin export` wrote.', { cause });
  }
}
