import { onlyOnce, readLimit, readMarker } from '../../list/read-list-query.ts';
import { route } from '../../route.ts';
import { snapshotTreeAnswer } from '../../schemas/snapshot.ts';
import { snapshotView } from './snapshot-view.ts';

export const showSnapshotTree = route({
  method: 'get',
  path: '/v1/servers/{server_id}/snapshot-tree',
  operationId: 'showSnapshotTree',
  summary: 'Show all snapshots of a server, and where it stands among them; a page when there are very many',
  query: ['limit', 'marker'],
  heavy: true,
  answers: { 200: snapshotTreeAnswer },
  async handle(call) {
    const id = call.params.server_id ?? '';
    const { maxPage } = call.settings;
    const limit = readLimit(onlyOnce(call.query, 'limit'), { defaultPage: maxPage, maxPage });
    const marker = readMarker(onlyOnce(call.query, 'marker'));
    const { tree, more } = await call.services.showSnapshotTree(call.caller, id, { limit, marker });
    const query = new URLSearchParams(call.query);
    query.set('marker', tree.nodes.at(-1)?.id ?? '');
    const next = { rel: 'next', href: call.urls.to(`/v1/servers/${id}/snapshot-tree?${query}`) };
    const nodes = tree.nodes.map((node) => snapshotView(node, call));
    return { status: 200, body: { snapshot_tree: { ...tree, nodes }, links: more ? [next] : [] } };
  },
});
