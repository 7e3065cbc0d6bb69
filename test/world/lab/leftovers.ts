import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { rbdJson } from './lab.ts';
import type { Installation } from './rewind.ts';
import { must, showServer, type Tenant } from './tenant.ts';

/** Everything that an operation could leave behind, as names: two looks must be equal. */
export async function lookAround(
  rewind: Installation,
  who: Tenant,
  servers: readonly string[],
): Promise<Record<string, unknown>> {
  const pools: Record<string, unknown> = {};
  for (const pool of ['vms', 'volumes']) {
    const images = (await rbdJson<string[]>('ls', pool)).sort();
    for (const image of images)
      pools[`${pool}/${image}`] = (await rbdJson<{ name: string }[]>('snap', 'ls', `${pool}/${image}`)).map(
        (snap) => snap.name,
      );
    pools[`${pool} trash`] = (await rbdJson<{ name: string }[]>('trash', 'ls', pool)).map((one) => one.name);
  }
  const { volumes } = await must<{ volumes: { id: string; status: string; attachments: { server_id: string }[] }[] }>(
    who.call('volume', 'GET', '/volumes/detail'),
  );
  const states = await Promise.all(
    servers.map(async (id) => {
      const { status, locked, ...rest } = await showServer(who, id);
      return { id, status, locked, attached: rest['os-extended-volumes:volumes_attached'].map((one) => one.id).sort() };
    }),
  );
  return {
    pools,
    volumes: volumes
      .map(({ id, status, attachments }) => ({ id, status, attachments: attachments.map((one) => one.server_id) }))
      .sort((a, b) => a.id.localeCompare(b.id)),
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
