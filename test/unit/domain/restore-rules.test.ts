import { describe, expect, test } from '@jest/globals';
import { type Refusal, refuseFirst } from '../../../src/domain/rules/refusal.ts';
import { captureRefusals, changeRefusals, diskCountRefusals } from '../../../src/domain/rules/server-rules.ts';
import {
  goneVolumeRefusals,
  localDiskRefusals,
  memoryRefusals,
  replaceRefusals,
  sizeRefusals,
} from '../../../src/domain/rules/volume-rules.ts';

const codes = (found: Refusal[]) => found.map(({ code }) => code);
const server = { status: 'ACTIVE', taskState: null, locked: false };
const volume = { id: 'v', status: 'in-use', encrypted: false, multiattach: false, attachments: [{ serverId: 's' }] };

describe('a server', () => {
  test.each([
    [{}, [], []],
    [{ status: 'SHUTOFF' }, [], []],
    [{ status: 'PAUSED' }, [], ['server.wrong-state']],
    [{ status: 'SUSPENDED' }, [], ['server.wrong-state']],
    [{ status: 'SHELVED_OFFLOADED' }, ['server.wrong-state'], ['server.wrong-state']],
    [{ locked: true }, [], ['server.locked']],
    [{ taskState: 'rebuilding' }, ['server.busy-in-nova'], ['server.busy-in-nova']],
    [
      { taskState: 'rebuilding', status: 'REBUILD', locked: true },
      ['server.busy-in-nova', 'server.wrong-state'],
      ['server.busy-in-nova', 'server.wrong-state', 'server.locked'],
    ],
  ])('%j', (change, captured, changed) => {
    const seen = { ...server, ...change };
    expect([codes(captureRefusals(seen)), codes(changeRefusals(seen))]).toEqual([captured, changed]);
  });

  test('in a state that Nova does not have is told without its word', () => {
    expect(captureRefusals({ ...server, status: '<b>' })[0]?.detail).toContain('in an unknown state');
  });

  test.each([
    [0, ['server.no-disks']],
    [1, []],
    [64, []],
    [65, ['server.too-many-disks']],
  ])('with %i disks', (disks, found) => expect(codes(diskCountRefusals(disks))).toEqual(found));
});

describe('a volume', () => {
  test.each([
    [{}, []],
    [{ status: 'available', attachments: [] }, []],
    [{ encrypted: true, multiattach: true }, ['volume.encrypted', 'volume.multiattach']],
    [{ attachments: [{ serverId: 's' }, { serverId: 't' }] }, ['volume.attached-elsewhere']],
    [{ status: 'maintenance' }, ['volume.wrong-state']],
  ])('%j', (change, found) => expect(codes(replaceRefusals({ ...volume, ...change }, 's'))).toEqual(found));

  test('keeps its size when it grew, and takes nothing larger than it is', () => {
    const disk = { kind: 'volume', size_bytes: 10 } as const;
    expect([9, 10, 11].map((size) => codes(sizeRefusals(size, disk)))).toEqual([['restore.disk-smaller'], [], []]);
  });

  test('that is gone is made anew, unless the server boots from it', () => {
    const kinds = ['root', 'volume'] as const;
    const found = kinds.map((kind) => codes(goneVolumeRefusals({ kind, size_bytes: 1 })));
    expect(found).toEqual([['restore.root-volume-gone'], []]);
  });
});

test('a local disk goes back to its own place, and memory to the disks it knows', () => {
  expect([codes(localDiskRefusals(false)), localDiskRefusals(true)]).toEqual([['restore.root-differs'], []]);
  expect([codes(memoryRefusals(false)), memoryRefusals(true)]).toEqual([['memory.disks-differ'], []]);
});

test('a recipe refuses by the first', () => {
  expect(() => refuseFirst(changeRefusals({ ...server, status: 'ERROR', locked: true }))).toThrow(
    expect.objectContaining({ code: 'vm-backup.server.wrong-state' }),
  );
  expect(() => refuseFirst([])).not.toThrow();
});
