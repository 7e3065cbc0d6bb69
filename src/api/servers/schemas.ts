import { z } from 'zod';
import * as common from '../calls/schema-parts.ts';

const server = z
  .strictObject({
    id: common.uuid,
    name: z.string(),
    status: z.string().meta({ description: "Nova's" }),
    policies: z.array(common.uuid).meta({ description: 'Enabled ones that cover it' }),
    protected: z.boolean().meta({ description: 'A policy covers it' }),
    newest_backup_at: common.time.nullable().meta({ description: 'The content of its newest good backup' }),
    rpo_minutes: z.int().nullable().meta({ description: 'The shortest of its policies' }),
    rpo_missed: z.boolean(),
    next_run_at: common.time.nullable(),
  })
  .meta({ id: 'ProtectedServer' });

export const serversAnswer = z.strictObject({ servers: z.array(server), links: common.pageLinks });
