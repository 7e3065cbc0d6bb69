import { listAnswer } from '../../list/list-answer.ts';
import { SNAPSHOTS } from '../../list/list-spec.ts';
import { route } from '../../route.ts';
import { snapshotsAnswer } from '../../schemas/snapshot.ts';
import { snapshotView } from './snapshot-view.ts';

export const listSnapshots = route({
  method: 'get',
  path: '/v1/snapshots',
  operationId: 'listSnapshots',
  summary: 'List snapshots, newest first unless sorted otherwise',
  list: SNAPSHOTS,
  answers: { 200: snapshotsAnswer },
  handle: (call) =>
    listAnswer(
      call,
      'snapshots',
      SNAPSHOTS,
      (request) => call.services.listSnapshots(call.caller, request),
      snapshotView,
    ),
});
