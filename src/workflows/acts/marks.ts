import type { StepContext } from '../../workflow-engine/step.ts';

type Marked = Pick<StepContext<unknown>, 'mark'> & { operation: { id: string } };

/** For operators who look for what an operation made; what is taken for ours carries the step's mark besides. */
export const operationMark = ({ operation }: Marked): Record<string, string> => ({ rewind_operation_id: operation.id });

/** The same in one line of text, of the thing that was recorded under `recordedId`. */
export const markText = ({ mark, operation }: Marked, recordedId: string): string =>
  ['vm-backup', operation.id, recordedId, ...(mark === null ? [] : [mark])].join(' ');

/** Of a lock. Without the mark anybody could say it: older releases did. */
export const lockReason = ({ mark, operation }: Marked): string =>
  `vm-backup ${operation.id}${mark === null ? '' : ` ${mark}`}`;
