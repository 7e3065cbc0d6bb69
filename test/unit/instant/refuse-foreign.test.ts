import { describe, expect, it } from '@jest/globals';
import type { HostRequest } from '../../../src/domain/operations/host-request.ts';
import { refuseForeign } from '../../../src/instant/refuse-foreign.ts';
import type { DomainState } from '../../../src/ports/hypervisor.ts';

const serverId = '11111111-1111-4111-8111-111111111111';
const own = { pool: 'vms', image: `${serverId}_disk` };
const foreign = { pool: 'volumes', image: 'volume-22222222-2222-4222-8222-222222222222' };
const snap = 'rewind-s-33333333-3333-4333-8333-333333333333';
const memory = { pool: 'snapshots', image: 'rewind-m-33333333-3333-4333-8333-333333333333' };

const asked = (request: Record<string, unknown>, state: DomainState = 'running') => {
  const facts = { devices: [`disk vda vms/${serverId}_disk`, 'disk hda ', 'interface fa:16:3e:00:00:00 tap1'] };
  const parts = { hypervisor: { state: async () => state }, memory: { facts: async () => facts as never } };
  return refuseForeign(parts, { serverId, ...request } as unknown as HostRequest['request']);
};
const refused = { code: 'vm-backup.host.foreign-disk' };

describe('what an agent uses its key of Ceph for', () => {
  it.each(['running', 'paused', 'off'] as const)('is the disks of the domain: %s', async (state) => {
    await asked({ images: [own], snap, wanted: 'best' }, state);
    await expect(asked({ images: [own, foreign], snap, wanted: 'best' }, state)).rejects.toMatchObject(refused);
  });

  it('is snaps and memory by our own names', async () => {
    await asked({ what: 'take-memory', images: [own], snap, memory });
    await asked({ what: 'stage-memory', memory });
    await expect(asked({ images: [own], snap: 'daily', wanted: 'best' })).rejects.toMatchObject(refused);
    for (const what of ['take-memory', 'stage-memory', 'restore-memory'])
      await expect(asked({ what, images: [own], snap, memory: foreign })).rejects.toMatchObject(refused);
  });
});
