import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { rbdJson } from './lab.ts';
import type { Installation } from './rewind.ts';
import { must, showServer, type Tenant } from './tenant.ts';

/** On a lab that others use at the same time only what is ours can be compared. */
const SHARED_LAB = process.env.REWIND_SHARED_LAB === '1';

interface SeenVolume {
  id: string;
  name: string;
  status: string;
  attachments: { server_id: string }[];
}

/** Everything that an operation could leave behind: two looks must be equal. `named`: of volumes, for a shared lab. */
export async function lookAround(
  rewind: Installation,
  who: Tenant,
  servers: readonly string[],
  named: string,
): Promise<Record<string, unknown>> {
  const all = await must<{ volumes: SeenVolume[] }>(who.call('volume', 'GET', '/volumes/detail'));
  const volumes = all.volumes
    .filter((one) => !SHARED_LAB || one.name === named)
    .sort((a, b) => a.id.localeCompare(b.id));
  const operations = await rewind.call<{ operations: { id: string }[] }>(who, 'GET', '/v1/operations?limit=1000');
  const ids = [...servers, ...volumes.map((one) => one.id), ...operations.body.operations.map((one) => one.id)];
  const ours = (name: string) => !SHARED_LAB || ids.some((id) => name.includes(id));
  const pools: Record<string, unknown> = {};
  for (const pool of ['vms', 'volumes']) {
    for (const image of (await rbdJson<string[]>('ls', pool)).filter(ours).sort()) {
      const snaps = await rbdJson<{ name: string }[]>('snap', 'ls', `${pool}/${image}`);
      pools[`${pool}/${image}`] = snaps.map((snap) => snap.name);
    }
    const trash = await rbdJson<{ name: string }[]>('trash', 'ls', pool);
    pools[`${pool} trash`] = trash.map((one) => one.name).filter(ours);
  }
  const states = await Promise.all(
    servers.map(async (id) => {
      const { status, locked, ...rest } = await showServer(who, id);
      return { id, status, locked, attached: rest['os-extended-volumes:volumes_attached'].map((one) => one.id).sort() };
    }),
  );
  return {
    pools,
    volumes: volumes.map(({ id, status, attachments }) => ({
      id,
      status,
      attachments: attachments.map((one) => one.server_id),
    })),
    servers: states,
    target: filesBelow(rewind.target),
  };
}

/** Objects of the target; what killed writers left under .tmp is swept by age and does not count. */
export const filesBelow = (folder: string): string[] =>
  (
    readdirSync(folder, { recursive: true, withFileTypes: true }) as {
      isFile(): boolean;
      parentPath: string;
      name: string;
    }[]
  )
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('/.tmp'))
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
