import type { z } from 'zod';
import { BACKUP } from '../../domain/points/backup.ts';
import { viewOf } from '../calls/answer-view.ts';
import type { Call } from '../calls/route.ts';
import type { backupSchema } from './schemas.ts';
import type { ShownBackup } from './shown.ts';

export function backupView(
  backup: ShownBackup,
  { urls, version }: Pick<Call, 'urls' | 'version'>,
): z.output<typeof backupSchema> {
  return {
    ...viewOf(BACKUP, backup, version),
    progress: backup.progress,
    has_dependent_backups: backup.has_dependent_backups,
    links: urls.linksOf('backups', backup.id),
  };
}
