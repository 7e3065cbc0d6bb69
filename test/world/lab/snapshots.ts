import { until } from './lab.ts';
import { available, carryOut, type Installation } from './rewind.ts';
import { must, type Tenant } from './tenant.ts';

export interface TreeView {
  current_snapshot_id: string | null;
  nodes: { id: string; name: string | null; parent_id: string | null; safety: boolean; status: string }[];
}

export async function snapshotTree(rewind: Installation, who: Tenant, server: string): Promise<TreeView> {
  const path = `/v1/servers/${server}/snapshot-tree`;
  return (await must<{ snapshot_tree: TreeView }>(rewind.call(who, 'GET', path))).snapshot_tree;
}

export const takeSnapshot = async (rewind: Installation, who: Tenant, server: string, name: string): Promise<string> =>
  (await available(carryOut(rewind, who, 'snapshot', { server_id: server, name }))).id;

export const revertTo = (
  rewind: Installation,
  who: Tenant,
  snapshot: string,
  more: Record<string, unknown> = {},
  limitMs?: number,
) => available(carryOut(rewind, who, 'restore', { snapshot_id: snapshot, mode: 'in_place', ...more }, limitMs));

export async function dropSnapshot(rewind: Installation, who: Tenant, id: string): Promise<void> {
  await must(rewind.call(who, 'DELETE', `/v1/snapshots/${id}`));
  await until(
    `snapshot ${id} gone`,
    120_000,
    async () => (await rewind.call(who, 'GET', `/v1/snapshots/${id}`)).status === 404,
  );
}

/** Every snapshot of the server, safety points too. */
export async function dropSnapshots(rewind: Installation, who: Tenant, server: string): Promise<void> {
  const answer = await rewind.call<{ snapshots: { id: string }[] }>(who, 'GET', `/v1/snapshots?server_id=${server}`);
  for (const { id } of answer.body.snapshots) await dropSnapshot(rewind, who, id);
}
