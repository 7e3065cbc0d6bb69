import { RewindError } from '../../domain/errors.ts';

export const queueUnavailable = (cause: unknown): RewindError =>
  new RewindError('queue.unavailable', 'The job queue does not answer; nothing was begun.', {
    fault: 'errored',
    status: 503,
    retry: true,
    hint: 'Try again in a moment.',
    cause,
  });
