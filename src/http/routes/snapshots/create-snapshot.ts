import { route } from '../../route.ts';
import { createSnapshotBody, snapshotAnswer } from '../../schemas/snapshot.ts';
import { snapshotView } from './snapshot-view.ts';

export const createSnapshot = route({
  method: 'post',
  path: '/v1/snapshots',
  operationId: 'createSnapshot',
  summary: 'Snapshot all disks of a server at one instant',
  mutates: { action: 'snapshots:create', resourceType: 'snapshot' },
  body: createSnapshotBody,
  answers: { 202: snapshotAnswer },
  async handle(call) {
    const { snapshot: wanted } = call.body;
    const snapshot = await call.services.createSnapshot(call.caller, {
      server_id: wanted.server_id,
      name: wanted.name ?? null,
      description: wanted.description ?? null,
      memory: wanted.memory ?? false,
      consistency: wanted.consistency ?? 'best',
      engine: wanted.engine ?? 'auto',
      metadata: wanted.metadata ?? {},
    });
    return {
      status: 202,
      body: { snapshot: snapshotView(snapshot, call) },
      location: call.urls.to(`/v1/snapshots/${snapshot.id}`),
    };
  },
});
