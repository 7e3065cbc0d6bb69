import { SNAPSHOT } from '../../domain/points/snapshot.ts';
import { listAnswer } from '../calls/list/list-answer.ts';
import { listSpecOf } from '../calls/list/list-spec.ts';
import { onlyOnce, readLimit, readMarker } from '../calls/list/read-list-query.ts';
import { route } from '../calls/route.ts';
import {
  createSnapshotBody,
  snapshotAnswer,
  snapshotsAnswer,
  snapshotTreeAnswer,
  updateSnapshotBody,
} from './schemas.ts';
import type { SnapshotChange } from './update.ts';
import { snapshotView } from './view.ts';

const SNAPSHOTS = listSpecOf(SNAPSHOT);

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
