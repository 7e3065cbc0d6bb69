import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { rbdJson } from './lab.ts';
import { filesBelow } from './leftovers.ts';
import type { Installation } from './rewind.ts';
import { must, showServer, type Tenant, type VolumeView } from './tenant.ts';

const POOLS = ['vms', 'volumes'];
const UUIDS = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** What may be touched: the rest of the cloud belongs to others, who may be at work. */
export interface Ground {
  servers: readonly string[];
  /** All volumes whose names begin with it. */
  prefix: string;
  /** Folders that are targets. */
  targets: readonly string[];
}

/**
 * Everything that operations of this installation could leave on this ground: two looks must be equal. Volumes that
 * a restore made and forgot are found by the ids in its journal, and drafts by those of its operations.
 */
export async function footprint(rewind: Installation, who: Tenant, ground: Ground): Promise<Record<string, unknown>> {
  const { volumes } = await must<{ volumes: (VolumeView & { name: string | null })[] }>(
    who.call('volume', 'GET', '/volumes/detail'),
  );
  const ours = volumes.filter((volume) => volume.name?.startsWith(ground.prefix));
  const ids = new Set([...ground.servers, ...ours.map((volume) => volume.id), ...idsOfJournal(rewind)]);
  const servers = await Promise.all(ground.servers.map((id) => serverState(who, id)));
  return {
    images: await imagesNaming(ids),
    volumes: ours.map(stateOf).sort((a, b) => a.id.localeCompare(b.id)),
    servers,
    targets: Object.fromEntries(ground.targets.map((folder) => [folder, existing(folder)])),
    holds: holds(rewind),
  };
}

const stateOf = ({ id, status, size, attachments, metadata }: VolumeView) => ({
  id,
  status,
  size,
  attachments: attachments.map((one) => `${one.server_id} ${one.device}`).sort(),
  metadata,
});

async function serverState(who: Tenant, id: string): Promise<unknown> {
  const { status, locked, ...rest } = await showServer(who, id);
  const attached = rest['os-extended-volumes:volumes_attached'].map((one) => one.id).sort();
  return { id, status, locked, task: rest['OS-EXT-STS:task_state'], attached };
}

/** Images, their snaps, and what lies in Ceph's trash, if the name contains one of these ids. */
async function imagesNaming(ids: ReadonlySet<string>): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  const named = (name: string) => (name.match(UUIDS) ?? []).some((id) => ids.has(id));
  for (const pool of POOLS) {
    for (const image of (await rbdJson<string[]>('ls', pool)).filter(named)) {
      found[`${pool}/${image}`] = (await rbdJson<{ name: string }[]>('snap', 'ls', `${pool}/${image}`))
        .map((snap) => snap.name)
        .sort();
    }
    const trash = (await rbdJson<{ name: string }[]>('trash', 'ls', pool)).map((one) => one.name).filter(named);
    found[`trash of ${pool}`] = trash.sort();
  }
  return found;
}

function query<T>(rewind: Installation, sql: string): T[] {
  const db = new DatabaseSync(join(rewind.folder, 'rewind.db'), { readOnly: true, timeout: 10_000 });
  try {
    return db.prepare(sql).all() as T[];
  } finally {
    db.close();
  }
}

/** Every id that an operation wrote down: its own, those of volumes it made. */
function idsOfJournal(rewind: Installation): string[] {
  const rows = query<Record<string, string | null>>(rewind, 'select operation_id, input, output from journal');
  return rows.flatMap((row) => Object.values(row).flatMap((text) => text?.match(UUIDS) ?? []));
}

const holds = (rewind: Installation): unknown[] => query(rewind, 'select thing from holds');

/** An unmounted target is a folder like any other. */
const existing = (folder: string): string[] => (readdirSync(folder).length > 0 ? filesBelow(folder) : []);
