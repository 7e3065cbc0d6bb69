import { z } from 'zod';
import { WANTED_CONSISTENCY } from '../../domain/points/backup.ts';
import { POLICY, POLICY_RUN } from '../../domain/policies/backup-policy.ts';
import { shapeOf } from '../calls/answer-shape.ts';
import * as common from '../calls/schema-parts.ts';

const MAX_IDS = 1_000;
const MAX_TAGS = 50;
const MAX_TARGETS = 8;
const MAX_KEEP = 10_000;
const MINUTES_OF_A_DAY = 1_440;
const MINUTES_OF_A_YEAR = 366 * MINUTES_OF_A_DAY;

const ids = z.array(common.uuid).max(MAX_IDS);
const tags = z
  .array(
    z
      .string()
      .min(1)
      .max(60)
      .regex(/^[^,/\p{Cc}]+$/u, 'must be a tag of a server'),
  )
  .max(MAX_TAGS);

const wantedServers = z
  .strictObject({
    all: z.boolean().optional().meta({ description: 'Every server of the project, also those made later' }),
    ids: ids.optional(),
    tags: tags.optional().meta({ description: "Servers with all of these; Nova's tags" }),
    metadata: common.metadata.optional().meta({ description: "Servers with all of these; Nova's metadata" }),
    except_ids: ids.optional(),
  })
  .meta({ description: 'Those of all, of ids, or with the tags and metadata; never except_ids' });

const wantedSchedule = z.strictObject({
  cron: z.string().min(1).max(255).meta({ description: 'Five fields', example: '0 2 * * *' }),
  time_zone: z.string().min(1).max(64).optional().meta({ description: 'UTC if absent', example: 'Europe/Berlin' }),
  window_minutes: z
    .int()
    .min(1)
    .max(MINUTES_OF_A_YEAR)
    .nullable()
    .optional()
    .meta({ description: 'A run that has not begun so long after its time is missed; null: until the next' }),
  jitter_minutes: z.int().min(0).max(MINUTES_OF_A_DAY).optional(),
});

const changedSchedule = z
  .strictObject({
    cron: wantedSchedule.shape.cron.optional(),
    time_zone: z.string().min(1).max(64).nullable().optional(),
    window_minutes: wantedSchedule.shape.window_minutes,
    jitter_minutes: z.int().min(0).max(MINUTES_OF_A_DAY).nullable().optional(),
  })
  .meta({ description: 'What is not named stays; null: the default again' });

const keep = z.int().min(0).max(MAX_KEEP).nullable().optional();
const wantedRetention = z
  .strictObject({ keep_last: keep, hourly: keep, daily: keep, weekly: keep, monthly: keep, yearly: keep })
  .nullable()
  .meta({ description: 'A backup is kept while any of these keeps it; null: all are' });

const more = {
  name: common.name.nullable().optional(),
  description: common.description.nullable().optional(),
  enabled: z.boolean().optional(),
  consistency: z.enum(WANTED_CONSISTENCY).optional(),
  targets: z.array(common.targetName).min(1).max(MAX_TARGETS).optional().meta({ description: 'A backup on each' }),
  retention: wantedRetention.optional(),
  rpo_minutes: z.int().min(1).max(MINUTES_OF_A_YEAR).nullable().optional(),
};

export const createPolicyBody = z.strictObject({
  policy: z.strictObject({ servers: wantedServers, schedule: wantedSchedule, ...more }),
});

export const updatePolicyBody = z.strictObject({
  policy: z
    .strictObject({ servers: wantedServers.optional(), schedule: changedSchedule.optional(), ...more })
    .refine((change) => Object.keys(change).length > 0, 'must change something'),
});

export const simulateNewBody = createPolicyBody;

export const simulateChangeBody = z
  .strictObject({
    policy: z
      .strictObject({ servers: wantedServers.optional(), schedule: changedSchedule.optional(), ...more })
      .optional(),
  })
  .optional();

const count = z.int().min(0);

const forms = {
  servers: z.strictObject({
    all: z.boolean(),
    ids: z.array(z.string()),
    tags: z.array(z.string()),
    metadata: z.record(z.string(), z.string()),
    except_ids: z.array(z.string()),
  }),
  schedule: z.strictObject({
    cron: z.string(),
    time_zone: z.string(),
    window_minutes: z.int().nullable(),
    jitter_minutes: z.int(),
  }),
  retention: z
    .strictObject({ keep_last: count, hourly: count, daily: count, weekly: count, monthly: count, yearly: count })
    .nullable(),
};

export const policySchema = z.strictObject({ ...shapeOf(POLICY, forms), links: common.links }).meta({ id: 'Policy' });

export const policyAnswer = z.strictObject({ policy: policySchema });
const removes = z
  .strictObject({
    backups: count,
    stored_bytes: count,
    backup_ids: z.array(common.uuid).meta({ description: 'At most 100' }),
  })
  .meta({ description: 'What retention will remove now' });

export const updatePolicyAnswer = policyAnswer.extend({ retention_removes: removes });
export const policiesAnswer = z.strictObject({
  policies: z.array(policySchema),
  links: common.pageLinks,
  count: common.count,
});

const runSchema = z.strictObject(shapeOf(POLICY_RUN)).meta({ id: 'PolicyRun' });

export const policyRunsAnswer = z.strictObject({
  'policy-runs': z.array(runSchema),
  links: common.pageLinks,
  count: common.count,
});

export const simulationAnswer = z.strictObject({
  simulation: z.strictObject({
    policy_id: common.uuid.nullable().meta({ description: 'null: of one that is not saved' }),
    from: common.time,
    until: common.time,
    enabled: z.boolean().meta({ description: 'false: nothing of this happens until the policy is enabled' }),
    servers: z.array(z.strictObject({ id: common.uuid, name: z.string() })).meta({ description: 'Covered now' }),
    runs: z.array(
      z.strictObject({
        server_id: common.uuid,
        target: z.string(),
        planned_at: common.time,
        due_at: common.time,
        kept_at_end: z.boolean().meta({ description: 'Its backup is still there at the end' }),
      }),
    ),
    backups: z.array(
      z.strictObject({
        id: common.uuid,
        server_id: common.uuid,
        target: z.string(),
        planned_at: common.time.nullable(),
        keep: z.boolean().meta({ description: 'What retention says now' }),
        reasons: z.array(z.string()),
        kept_at_end: z.boolean(),
      }),
    ),
    truncated: z.boolean().meta({ description: 'There are more runs or backups than are told' }),
    retention_removes: removes,
  }),
});
