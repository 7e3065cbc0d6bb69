import { z } from 'zod';
import { OPERATION, STEP_STATES } from '../../domain/operations/operation.ts';
import { shapeOf } from '../calls/answer-shape.ts';
import * as common from '../calls/schema-parts.ts';

const step = z.strictObject({
  name: z.string(),
  state: z.enum(STEP_STATES),
  started_at: common.time,
  finished_at: common.time.nullable(),
});

export const operationSchema = z
  .strictObject({
    ...shapeOf(OPERATION),
    action: z.string().meta({ description: 'e.g. create-backup' }),
    fail_code: z.string().nullable(),
    fail_reason: z.string().nullable(),
    fail_hint: z.string().nullable(),
    fault: z
      .enum(['failed', 'errored', 'bug'])
      .nullable()
      .meta({ description: 'failed: mend it; errored: the operator must' }),
    steps: z.array(step).optional().meta({ description: 'When one operation is shown' }),
    links: common.links,
  })
  .meta({ id: 'Operation' });

export const operationAnswer = z.strictObject({ operation: operationSchema });
export const operationsAnswer = z.strictObject({
  operations: z.array(operationSchema),
  links: common.pageLinks,
  count: common.count,
});

/** Requests that need no body may send none, or an empty object. */
export const emptyBody = z.strictObject({}).optional();
