import { expect, test } from '@jest/globals';
import type { StepContext } from '../../../../src/workflow-engine/step.ts';
import { closePort } from '../../../../src/workflows/steps/network/close-port.ts';
import { firstBoot } from '../../../../src/workflows/steps/server/first-boot.ts';
import type { World } from '../../../../src/workflows/world.ts';

const SERVER = '00000000-0000-4000-8000-000000000001';
const PORTS = [{ portId: 'p1' }, { portId: 'p2' }];

/** Looks two seconds apart, at a root disk that these clients have open. Gives the times at which Nova was told. */
async function told(openers: (string | undefined)[], ports = PORTS): Promise<number[]> {
  let nowMs = 0;
  const at: number[] = [];
  const making = { portsPlugged: async () => void at.push(nowMs) };
  const ceph = {
    watchers: async () => {
      const opener = openers[nowMs / 2_000];
      return opener === undefined ? [] : [opener];
    },
  };
  const world = {
    ceph,
    clock: { monotonic: () => nowMs },
    cloud: { admin: { making } },
    settings: { rootPool: 'vms' },
  };
  const context = { world, proveLease: async () => undefined } as unknown as StepContext<World>;
  const look = firstBoot(context, SERVER, { ports, rootVolumeId: null });
  for (; nowMs < openers.length * 2_000; nowMs += 2_000) await look();
  return at;
}

test('Nova lets a guest boot only when it was held for so long that its ports are closed on its host', async () => {
  const held = Array.from({ length: 6 }, () => 'qemu');
  expect(await told([undefined, 'nova', undefined, 'nova', ...held])).toEqual([18_000]);
  // Whoever opens the image anew is another guest, or Nova.
  expect(await told([...held.slice(1), 'another', ...held.slice(1)])).toEqual([]);
  expect(await told([...held, ...held], [])).toEqual([]);
});

interface Scene {
  up: boolean;
  deviceId?: string | null;
  noted?: unknown;
}

function portAt({ up, deviceId = null, noted }: Scene) {
  const port = { id: 'p1', adminStateUp: up, deviceId };
  let note = noted;
  const network = {
    port: async () => port,
    setPortUp: async (_id: string, to: boolean) => {
      port.adminStateUp = to;
    },
  };
  const context = {
    world: { cloud: { tenant: () => ({ network }) } },
    operation: { project_id: 'p' },
    noted: () => note,
    note: async (given: unknown) => {
      note = given;
    },
    proveLease: async () => undefined,
    boundary: () => undefined,
  } as unknown as StepContext<World>;
  return { port, context };
}

test('a port is closed, and opened again when the restore fails', async () => {
  const { port, context } = portAt({ up: true });
  expect(await closePort.act(context, { portId: 'p1' })).toEqual({ wasUp: true });
  expect(port.adminStateUp).toBe(false);
  // Done again by another worker.
  expect(await closePort.act(context, { portId: 'p1' })).toEqual({ wasUp: true });
  await closePort.undo?.(context, { portId: 'p1' }, undefined);
  expect(port.adminStateUp).toBe(true);
});

test('one that was closed stays so, and one that a server has is not closed under it', async () => {
  const closed = portAt({ up: false });
  expect(await closePort.act(closed.context, { portId: 'p1' })).toEqual({ wasUp: false });
  await closePort.undo?.(closed.context, { portId: 'p1' }, { wasUp: false });
  expect(closed.port.adminStateUp).toBe(false);
  const taken = portAt({ up: true, deviceId: SERVER });
  expect(await closePort.act(taken.context, { portId: 'p1' })).toEqual({ wasUp: false });
  expect(taken.port.adminStateUp).toBe(true);
});
