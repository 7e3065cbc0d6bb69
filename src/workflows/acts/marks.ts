import type { StepContext } from '../../workflow-engine/step.ts';

type Marked = Pick<StepContext<unknown>, 'mark'> & { operation: { id: string } };

/** For operators who look for what an operation made; what counts as ours carries the step's mark as well. */
export const operationMark = ({ operation }: Marked): Record<string, string> => ({ rewind_operation_id: operation.id });

/** The same as one line of text, for what was recorded under `recordedId`. */
export const markText = ({ mark, operation }: Marked, recordedId: string): string =>
  ['vm-backup', operation.id, recordedId, ...(mark === null ? [] : [mark])].join(' ');

/** The reason for a lock. Without the mark anybody could give it, and older releases gave it without. */
export const lockReason = ({ mark, operation }: Marked): string =>
  `vm-backup ${operation.id}${mark === null ? '' : ` ${mark}`}`;
