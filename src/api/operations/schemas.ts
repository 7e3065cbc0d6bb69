import { z } from 'zod';
import * as common from '../calls/schema-parts.ts';

const step = z.strictObject({
  name: z.string(),
  state: z.enum(['intended', 'done', 'undone']),
  started_at: common.time,
  finished_at: common.time.nullable(),
});

export const operationSchema = z
  .strictObject({
    id: common.uuid,
    action: z.string().meta({ description: 'e.g. create-backup' }),
    status: z.enum(['queued', 'running', 'succeeded', 'failed', 'cancelled']),
    progress: z.int().min(0).max(100),
    bytes_done: z.int(),
    bytes_total: z.int(),
    resource_type: z.enum(['backup', 'snapshot', 'restore', 'server']),
    resource_id: common.uuid,
    project_id: common.keystoneId,
    user_id: common.keystoneId,
    request_id: z.string(),
    global_request_id: z.string().nullable(),
    committed: z.boolean().meta({ description: 'Past the point of no return: it can only be finished' }),
    undoing: z.boolean(),
    cancel_requested: z.boolean(),
    fail_code: z.string().nullable(),
    fail_reason: z.string().nullable(),
    fail_hint: z.string().nullable(),
    fault: z
      .enum(['failed', 'errored', 'bug'])
      .nullable()
      .meta({ description: 'failed: mend it; errored: the operator must' }),
    created_at: common.time,
    updated_at: common.time,
    started_at: common.time.nullable(),
    finished_at: common.time.nullable(),
    deadline_at: common.time,
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

/** Requests that need no words may send none, or an empty object. */
export const emptyBody = z.strictObject({}).optional();
