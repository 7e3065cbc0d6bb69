import { type Fault, RewindError } from '../../src/domain/errors.ts';

/** An error that no catalogue knows: what one release writes down and another reads, or simply one of a test's own. */
export const toyError = (code: string, reason: string, more: { fault?: Fault; retry?: boolean } = {}): RewindError =>
  new RewindError({ code: `vm-backup.${code}`, reason, fault: 'failed', hint: null, ...more });
