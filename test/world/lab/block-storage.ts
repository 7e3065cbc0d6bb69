import { until } from './lab.ts';
import { must, type Tenant } from './tenant.ts';

/** Of a volume, also one in use, in the Block Storage service. */
export async function createSnapshot(who: Tenant, volumeId: string, name: string): Promise<string> {
  const { snapshot } = await must<{ snapshot: { id: string } }>(
    who.call('volume', 'POST', '/snapshots', { snapshot: { volume_id: volumeId, name, force: true } }),
  );
  await until('snapshot available', 60_000, async () => {
    const { body } = await who.call<{ snapshot: { status: string } }>('volume', 'GET', `/snapshots/${snapshot.id}`);
    return body.snapshot.status === 'available';
  });
  return snapshot.id;
}

export async function deleteSnapshot(who: Tenant, id: string): Promise<void> {
  await must(who.call('volume', 'DELETE', `/snapshots/${id}`));
  await until(
    'snapshot gone',
    60_000,
    async () => (await who.call('volume', 'GET', `/snapshots/${id}`)).status === 404,
  );
}

/** On the same Ceph as all others, with a quota of its own. */
export async function createVolumeType(admin: Tenant, name: string): Promise<string> {
  const { volume_type } = await must<{ volume_type: { id: string } }>(
    admin.call('volume', 'POST', '/types', { volume_type: { name, extra_specs: { volume_backend_name: 'ceph' } } }),
  );
  return volume_type.id;
}
