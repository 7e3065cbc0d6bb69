import type { z } from 'zod';
import type { RestoreRequest } from '../../../services/restore-request.ts';
import { type Answer, type Call, route } from '../../route.ts';
import { createRestoreBody, dryRunAnswer, restoreAnswer } from '../../schemas/restore.ts';
import { restoreView } from './restore-view.ts';

type Wanted = z.output<typeof createRestoreBody>['restore'];

export const createRestore = route({
  method: 'post',
  path: '/v1/restores',
  operationId: 'createRestore',
  summary: 'Restore a backup: into its server, or as new volumes',
  mutates: { action: 'restores:create', resourceType: 'restore' },
  body: createRestoreBody,
  answers: { 200: dryRunAnswer, 202: restoreAnswer },
  async handle(call) {
    const request = requestOf(call.body.restore);
    if (call.body.restore.dry_run === true) return await dryRun(call, request);
    const restore = await call.services.createRestore(call.caller, request);
    return {
      status: 202,
      body: { restore: restoreView(restore, call) },
      location: call.urls.to(`/v1/restores/${restore.id}`),
    };
  },
});

async function dryRun(call: Pick<Call, 'services' | 'caller'>, request: RestoreRequest): Promise<Answer> {
  const { plan, conflicts } = await call.services.dryRunRestore(call.caller, request);
  const shown = conflicts.map(({ code, detail, hint }) => ({ code, detail, hint }));
  return { status: 200, body: { restore: { dry_run: true, plan, conflicts: shown } } };
}

function requestOf(wanted: Wanted): RestoreRequest {
  return {
    backup_id: wanted.backup_id ?? null,
    snapshot_id: wanted.snapshot_id ?? null,
    mode: wanted.mode,
    server_id: wanted.server_id ?? null,
    disks: wanted.disks ?? null,
    name: wanted.name ?? null,
    attach_to: wanted.attach_to ?? null,
    instant: wanted.instant ?? false,
    start: wanted.start ?? null,
    forNewServer: (['flavor_id', 'networks', 'availability_zone'] as const).filter((key) => wanted[key] !== undefined),
  };
}
