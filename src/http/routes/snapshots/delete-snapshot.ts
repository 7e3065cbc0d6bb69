import { route } from '../../route.ts';
import { snapshotAnswer } from '../../schemas/snapshot.ts';
import { snapshotView } from './snapshot-view.ts';

export const deleteSnapshot = route({
  method: 'delete',
  path: '/v1/snapshots/{snapshot_id}',
  operationId: 'deleteSnapshot',
  summary: 'Delete a snapshot; what came after it stays whole',
  mutates: { action: 'snapshots:delete', resourceType: 'snapshot' },
  answers: { 202: snapshotAnswer },
  async handle(call) {
    const snapshot = await call.services.deleteSnapshot(call.caller, call.params.snapshot_id ?? '');
    return {
      status: 202,
      body: { snapshot: snapshotView(snapshot, call) },
      location: call.urls.to(`/v1/snapshots/${snapshot.id}`),
    };
  },
});
