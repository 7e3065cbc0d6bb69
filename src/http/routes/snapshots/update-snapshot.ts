import type { SnapshotChange } from '../../../services/update-snapshot.ts';
import { route } from '../../route.ts';
import { snapshotAnswer, updateSnapshotBody } from '../../schemas/snapshot.ts';
import { snapshotView } from './snapshot-view.ts';

export const updateSnapshot = route({
  method: 'patch',
  path: '/v1/snapshots/{snapshot_id}',
  operationId: 'updateSnapshot',
  summary: 'Change name, description or metadata of a snapshot, or protect it',
  mutates: { action: 'snapshots:update', resourceType: 'snapshot' },
  body: updateSnapshotBody,
  answers: { 200: snapshotAnswer },
  async handle(call) {
    const change = Object.fromEntries(
      Object.entries(call.body.snapshot).filter(([, value]) => value !== undefined),
    ) as SnapshotChange;
    const snapshot = await call.services.updateSnapshot(call.caller, call.params.snapshot_id ?? '', change);
    return { status: 200, body: { snapshot: snapshotView(snapshot, call) } };
  },
});
