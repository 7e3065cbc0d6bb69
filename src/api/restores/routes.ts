import type { z } from 'zod';
import { RESTORE } from '../../domain/points/restore.ts';
import { listAnswer } from '../calls/list/list-answer.ts';
import { listSpecOf } from '../calls/list/list-spec.ts';
import { type Answer, type Call, route } from '../calls/route.ts';
import { codeAt } from '../calls/version-words.ts';
import type { RestoreRequest } from './restore-request.ts';
import { createRestoreBody, dryRunAnswer, restoreAnswer, restoresAnswer } from './schemas.ts';
import { restoreView } from './view.ts';

const RESTORES = listSpecOf(RESTORE);

const FOR_NEW_SERVER = ['flavor_id', 'image_id', 'networks', 'availability_zone', 'floating_ips'] as const;

type Wanted = z.output<typeof createRestoreBody>['restore'];

export const createRestore = route({
  method: 'post',
  path: '/v1/restores',
  operationId: 'createRestore',
  summary: 'Restore a backup or a snapshot: into its server, as new volumes, or as a new server',
  mutates: { action: 'restores:create', resourceType: 'restore' },
  body: createRestoreBody,
  // It asks other services many questions, and has no worker to wait for.
  heavy: (body) => body.restore.dry_run === true,
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

async function dryRun(call: Pick<Call, 'services' | 'caller' | 'version'>, request: RestoreRequest): Promise<Answer> {
  const { plan, conflicts } = await call.services.dryRunRestore(call.caller, request);
  const shown = conflicts.map(({ status: _status, ...shown }) => ({
    ...shown,
    code: codeAt(call.version, shown.code),
  }));
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
    memory: wanted.memory ?? null,
    newer_volumes: wanted.newer_volumes ?? null,
    forNewServer: FOR_NEW_SERVER.filter((key) => wanted[key] !== undefined),
    newServer: {
      flavor_id: wanted.flavor_id ?? null,
      image_id: wanted.image_id ?? null,
      availability_zone: wanted.availability_zone ?? null,
      networks: wanted.networks ?? null,
      volume_types: wanted.volume_types ?? {},
      floating_ips: wanted.floating_ips ?? false,
    },
  };
}

export const listRestores = route({
  method: 'get',
  path: '/v1/restores',
  operationId: 'listRestores',
  summary: 'List restores, newest first unless sorted otherwise',
  list: RESTORES,
  answers: { 200: restoresAnswer },
  handle: (call) =>
    listAnswer(call, 'restores', RESTORES, (request) => call.services.listRestores(call.caller, request), restoreView),
});

export const showRestore = route({
  method: 'get',
  path: '/v1/restores/{restore_id}',
  operationId: 'showRestore',
  summary: 'Show a restore and what it made',
  answers: { 200: restoreAnswer },
  async handle(call) {
    const restore = await call.services.showRestore(call.caller, call.params.restore_id ?? '');
    return { status: 200, body: { restore: restoreView(restore, call) } };
  },
});
