import { route } from '../../route.ts';
import { snapshotTreeAnswer } from '../../schemas/snapshot.ts';
import { snapshotView } from './snapshot-view.ts';

export const showSnapshotTree = route({
  method: 'get',
  path: '/v1/servers/{server_id}/snapshot-tree',
  operationId: 'showSnapshotTree',
  summary: 'Show all snapshots of a server, and where it stands among them',
  answers: { 200: snapshotTreeAnswer },
  async handle(call) {
    const tree = await call.services.showSnapshotTree(call.caller, call.params.server_id ?? '');
    const nodes = tree.nodes.map((node) => snapshotView(node, call));
    return { status: 200, body: { snapshot_tree: { ...tree, nodes } } };
  },
});
