import { fullCode } from '../domain/errors.ts';
import type { OperationFailure } from '../domain/operations/operation.ts';

interface Ended {
  status: 'error' | 'cancelled';
  fail_code: string;
  fail_reason: string;
}

/**
 * The state of what an operation was to make when it ended without it. A user who cancelled it knows that nothing is
 * wrong.
 */
export const unmade = ({ code, reason }: OperationFailure): Ended => ({
  status: code === fullCode('operation.cancelled') ? 'cancelled' : 'error',
  fail_code: code,
  fail_reason: reason,
});
