import { route } from '../../route.ts';
import { snapshotAnswer } from '../../schemas/snapshot.ts';
import { snapshotView } from './snapshot-view.ts';

export const showSnapshot = route({
  method: 'get',
  path: '/v1/snapshots/{snapshot_id}',
  operationId: 'showSnapshot',
  summary: 'Show a snapshot',
  answers: { 200: snapshotAnswer },
  async handle(call) {
    const snapshot = await call.services.showSnapshot(call.caller, call.params.snapshot_id ?? '');
    return { status: 200, body: { snapshot: snapshotView(snapshot, call) } };
  },
});
