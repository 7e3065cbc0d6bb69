import { describe, expect, test } from '@jest/globals';
import { RewindError } from '../../../../src/domain/errors.ts';
import type { Workflow } from '../../../../src/workflow-engine/workflow.ts';
import { detachVolume } from '../../../../src/workflows/steps/volume/detach-volume.ts';
import type { World } from '../../../../src/workflows/world.ts';
import { hastyClock, newOperation, recipeBench } from '../../../world/engine-bench.ts';
import { toyError } from '../../../world/toy-error.ts';

const [SERVER, VOLUME] = ['s', 'v'];
const LISTED_LOOKS = 4;

/** A volume on a server; Nova takes a few looks to do what it is asked. */
function cloud(fields: { gone?: boolean } = {}) {
  const asked: string[] = [];
  let [status, attached, looks] = ['in-use', true, 0];
  /** Nova's own list, which it clears later than Cinder. */
  let listedFor = Number.POSITIVE_INFINITY;
  const refuse = () => {
    throw new RewindError('openstack.conflict', 'Not now.');
  };
  const volume = async () => {
    if (fields.gone) return undefined;
    looks -= 1;
    if (looks === 0) {
      if (status === 'detaching') listedFor = LISTED_LOOKS;
      [status, attached] = status === 'detaching' ? ['available', false] : ['in-use', true];
    }
    return { projectId: 'p1', status, attachments: attached ? [{ serverId: SERVER, device: null }] : [] };
  };
  const compute = {
    async server() {
      listedFor -= 1;
      return { volumes: listedFor > 0 ? [{ volumeId: VOLUME }] : [] };
    },
    async detachVolume() {
      if (status !== 'in-use') refuse();
      asked.push('detach');
      [status, looks] = ['detaching', 3];
    },
    async attachVolume(_server: string, _volume: string, how: unknown) {
      if (status !== 'available') refuse();
      if (listedFor > 0) throw new RewindError('openstack.bad-request', 'It is already attached.');
      listedFor = Number.POSITIVE_INFINITY;
      asked.push(`attach ${JSON.stringify(how)}`);
      [status, looks] = ['attaching', 3];
    },
  };
  const world = { cloud: { admin: { compute, blockStorage: { volume } } }, clock: hastyClock() };
  const attachAgain = () => compute.attachVolume('s', 'v', undefined);
  return { world: world as unknown as World, asked, attachAgain, isAttached: () => attached };
}

const recipe = (fails: boolean): Workflow<World> => ({
  name: 'create-backup/1',
  steps: [detachVolume],
  async run(run) {
    await run.step(detachVolume, { serverId: SERVER ?? '', volumeId: VOLUME ?? '', deleteOnTermination: true });
    if (fails) throw toyError('toy.failed', 'It went wrong later.');
    return {};
  },
  ended: () => ({}),
});

/** To the end of the operation, by another worker where the first dies. Gives the boundaries. */
async function carryOut(world: World, fails: boolean, crashAt?: string): Promise<string[]> {
  const bench = await recipeBench(
    { world, workflow: recipe(fails), operation: newOperation() },
    (at) => at === crashAt,
  );
  await bench.execute();
  await bench.execute();
  expect(await bench.journal.openOperations()).toEqual([]);
  await bench.close();
  return bench.places;
}

describe('detaching a volume from a stopped server', () => {
  test('waits until nobody has it, and asks once, whoever dies', async () => {
    const seen = cloud();
    const places = await carryOut(seen.world, false);
    expect([seen.asked, seen.isAttached()]).toEqual([['detach'], false]);
    expect(places.length).toBeGreaterThan(3);
    for (const place of places) {
      const again = cloud();
      await carryOut(again.world, false, place);
      expect([place, again.asked, again.isAttached()]).toEqual([place, ['detach'], false]);
    }
  });

  test('is undone by attaching it as it was, whoever dies', async () => {
    const seen = cloud();
    const places = await carryOut(seen.world, true);
    const both = ['detach', 'attach {"deleteOnTermination":true}'];
    expect([seen.asked, seen.isAttached()]).toEqual([both, true]);
    for (const place of places) {
      const again = cloud();
      await carryOut(again.world, true, place);
      expect([place, again.asked, again.isAttached()]).toEqual([place, both, true]);
    }
  });

  test('is done when Nova has forgotten it, too: it refuses the next attach until then', async () => {
    const seen = cloud();
    await carryOut(seen.world, false);
    await seen.attachAgain();
    expect(seen.asked).toEqual(['detach', 'attach undefined']);
  });

  test('has nothing to do with a volume that is gone', async () => {
    const seen = cloud({ gone: true });
    await carryOut(seen.world, true);
    expect(seen.asked).toEqual([]);
  });
});
