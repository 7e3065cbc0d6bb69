import * as z from 'zod';
import { RewindError } from '../../domain/errors.ts';
import { MAX_MANIFEST_BYTES } from '../format/format-limits.ts';

const EXPORT_FORMAT = 'rewind-export/1';

/** A sealed manifest that is escaped as JSON text grows; a line far beyond this was not written by Rewind. */
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

/** Returns one line of JSON, without the newline. */
export const exportLine = ({ target, sealed }: ExportedPoint): string =>
  JSON.stringify({ format: EXPORT_FORMAT, target, manifest: Buffer.from(sealed).toString('utf8') });

/** @throws RewindError `export.malformed`. Whether the manifest is genuine is decided by its seal. */
export function parseExportLine(text: string): ExportedPoint {
  try {
    const { target, manifest } = line.parse(JSON.parse(text));
    return { target, sealed: Buffer.from(manifest, 'utf8') };
  } catch (cause) {
    throw new RewindError('export.malformed', 'A line is not one that `rewind admin export` wrote.', { cause });
  }
}
