import { RewindError } from '../../domain/errors.ts';

export const backupBusy = (): RewindError =>
  new RewindError('backup.busy', 'Another operation is working on this backup.', {
    status: 409,
    hint: 'Wait until it has finished, or cancel it.',
  });
