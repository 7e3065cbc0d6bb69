import type { OperationFailure } from '../domain/operations/operation.ts';

interface Ended {
  status: 'error' | 'cancelled';
  fail_code: string;
  fail_reason: string;
}

/** How what an operation was to make looks when it ended without it. Who cancelled it knows that nothing is wrong. */
export const unmade = ({ code, reason }: OperationFailure): Ended => ({
  status: code === 'vm-backup.operation.cancelled' ? 'cancelled' : 'error',
  fail_code: code,
  fail_reason: reason,
});
