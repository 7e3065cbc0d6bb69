import { RewindError } from '../domain/errors.ts';
import { snapshotOfMemoryImage } from '../domain/names.ts';
import type { HostRequest } from '../domain/operations/host-request.ts';
import { type ImageRef, imageSpec } from '../domain/points/disk.ts';
import type { Hypervisor } from '../ports/hypervisor.ts';
import type { MemoryHypervisor } from '../ports/memory.ts';

export interface ForeignParts {
  hypervisor: Pick<Hypervisor, 'state'>;
  memory: Pick<MemoryHypervisor, 'facts'>;
}

const OUR_SNAP = /^rewind-[a-z]-/;

/**
 * An agent has a key for all images of the cloud, and uses it only for those of the server that a request is about: its
 * disks as its domain has them, and an image of memory under Rewind's own name. Rejects with `host.foreign-disk`.
 */
export async function refuseForeign(
  { hypervisor, memory }: ForeignParts,
  request: HostRequest['request'],
): Promise<void> {
  const { serverId } = request;
  if ('memory' in request && snapshotOfMemoryImage(request.memory.image) === undefined) throw foreign();
  if (!('images' in request)) return;
  if (!OUR_SNAP.test(request.snap)) throw foreign();
  const state = await hypervisor.state(serverId);
  // Nothing is held of a server that is not defined here; it has no disks to compare with.
  if (state === 'absent') return;
  const { devices } = await memory.facts(serverId, state === 'off' ? 'next' : 'running');
  const own = new Set(devices.map((device) => /^disk \S+ (\S+)$/.exec(device)?.[1]));
  if (!request.images.every((image: ImageRef) => own.has(imageSpec(image)))) throw foreign();
}

const foreign = (): RewindError => new RewindError('host.foreign-disk');
