import { z } from 'zod';
import * as common from '../calls/schema-parts.ts';

/** Limit for the whole request: some ten thousand runs. Longer manifests are for `rewind admin import`. */
export const MAX_IMPORT_BYTES = 4 * 1024 * 1024;

export const importBackupBody = z.strictObject({
  backup: z.strictObject({
    target: common.targetName,
    manifest: z.string().min(1).max(MAX_IMPORT_BYTES).meta({ description: '`sealed` of an export, byte by byte' }),
  }),
});

export const manifestAnswer = z.strictObject({
  manifest: z
    .strictObject({
      target: z.string(),
      content: z
        .record(z.string(), z.unknown())
        .meta({ description: 'backup, disks, server; without what only operators see' }),
      sealed: z.string().nullable().meta({ description: 'For POST /v1/backups/import; null unless the policy allows' }),
    })
    .meta({ id: 'Manifest' }),
});
