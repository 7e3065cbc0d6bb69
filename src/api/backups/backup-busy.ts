import { RewindError } from '../../domain/errors.ts';

export const backupBusy = (): RewindError => new RewindError('backup.busy');
