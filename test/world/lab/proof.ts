import { volumeImage } from './blank-server.ts';
import { contentOf } from './content.ts';
import { until } from './lab.ts';
import { available, carryOut, type Installation, type OperationView } from './rewind.ts';
import { deleteVolume, type Tenant } from './tenant.ts';

const VERIFIED_LIMIT_MS = 120_000;

/** What comes back of one disk of a backup: a digest, as `contentOf`. The volume it came in is gone again. */
export async function restoredContent(
  rewind: Installation,
  who: Tenant,
  backupId: string,
  disk?: string,
): Promise<string> {
  const body = { backup_id: backupId, mode: 'volumes', ...(disk === undefined ? {} : { disks: [disk] }) };
  const restore = await available(carryOut(rewind, who, 'restore', body));
  const volumes = restore.volumes as { volume_id: string }[];
  const [volume] = volumes;
  if (!volume || volumes.length !== 1) throw new Error(`${volumes.length} volumes came back`);
  const content = await contentOf(volumeImage(volume.volume_id));
  await deleteVolume(who, volume.volume_id);
  return content;
}

/** How an operation ended. */
const endedOperation = (rewind: Installation, who: Tenant, id: string): Promise<OperationView> =>
  until(`operation ${id} ended`, VERIFIED_LIMIT_MS, async () => {
    const { body } = await rewind.call<{ operation: OperationView }>(who, 'GET', `/v1/operations/${id}`);
    return !['queued', 'running'].includes(body.operation.status) && body.operation;
  });

/** Has a backup read back, and tells how that ended. */
export async function verified(
  rewind: Installation,
  who: Tenant,
  backupId: string,
  body?: { against_source: boolean },
): Promise<OperationView> {
  const asked = await rewind.call<{ operation: { id: string } }>(who, 'POST', `/v1/backups/${backupId}/verify`, body);
  if (asked.status !== 202) throw new Error(`Rewind answered ${asked.status}: ${JSON.stringify(asked.body)}`);
  return endedOperation(rewind, who, asked.body.operation.id);
}
