import { describe, expect, test } from '@jest/globals';
import { heavyTurns } from '../../../src/http/heavy-turns.ts';
import { apiWorld } from '../../world/api/api-world.ts';
import { server, uuidOf } from '../../world/api/fake-cloud.ts';
import { backup } from '../../world/api/rows.ts';

const LIMITS = { most: 3, mostOfOne: 2, mostWaiting: 4, mostWaitingOfOne: 3 };
const here = () => new AbortController().signal;

describe('turns of requests that take long', () => {
  test('few at a time, fewer of one project; who waits is let in when it is his turn', async () => {
    const turns = heavyTurns(LIMITS);
    const order: string[] = [];
    const ends = new Map<string, () => void>();
    const take = (name: string) =>
      turns.take(name[0] as string, here()).then((end) => {
        order.push(name);
        ends.set(name, end);
      });
    const all = ['a1', 'a2', 'a3', 'b1', 'b2'].map(take);
    await Promise.all([all[0], all[1], all[3]]);
    expect(order).toEqual(['a1', 'a2', 'b1']);
    ends.get('b1')?.();
    ends.get('b1')?.();
    await all[4];
    expect(order).toEqual(['a1', 'a2', 'b1', 'b2']);
    // Ended twice, it made room once.
    void take('c1');
    await new Promise(setImmediate);
    expect(order).not.toContain('c1');
    ends.get('a1')?.();
    await all[2];
    expect(order.at(-1)).toBe('a3');
  });

  test('who comes when too many wait is refused, and who left waits no more', async () => {
    const turns = heavyTurns(LIMITS);
    const left = new AbortController();
    await turns.take('a', here());
    await turns.take('a', here());
    const leaving = turns.take('a', left.signal);
    for (let n = 0; n < 2; n++) turns.take('a', here()).catch(() => undefined);
    await expect(turns.take('a', here())).rejects.toMatchObject({ status: 429, code: 'vm-backup.request.too-many' });
    left.abort();
    await expect(leaving).rejects.toMatchObject({ status: 429 });
    const again = turns.take('a', here());
    await expect(turns.take('a', here())).rejects.toMatchObject({ status: 429 });
    void again;
  });

  test('a project that asks for many lists at once is refused some, and others are answered', async () => {
    const world = apiWorld();
    const gate = closedGate();
    const { listBackups } = world.stores.catalogue;
    world.stores.catalogue.listBackups = (query) => gate.through(() => listBackups(query));
    const get = (token: string) => world.http.get('/v1/backups').set('X-Auth-Token', token);
    const mine = gate.openAfter(17, () => get('reader'));
    const theirs = get('stranger');
    expect(await mine).toEqual({ answered: 23, refused: 17 });
    expect([(await theirs).status, (await get('reader')).status]).toEqual([200, 200]);
    expect(gate.most()).toBeLessThanOrEqual(6);
  });

  test('so is one that asks for many dry runs; a restore waits for no turn', async () => {
    const world = apiWorld();
    world.cloud.add(server());
    world.stores.backups.set(uuidOf(100), backup());
    const gate = closedGate();
    const { backup: find } = world.stores.catalogue;
    world.stores.catalogue.backup = (...asked) => gate.through(() => find(...asked));
    const post = (dry_run: boolean) =>
      world.http
        .post('/v1/restores')
        .set('X-Auth-Token', 'member')
        .send({ restore: { backup_id: uuidOf(100), mode: 'in_place', dry_run } });
    expect(await gate.openAfter(17, () => post(true))).toEqual({ answered: 23, refused: 17 });
    expect(gate.most()).toBeLessThanOrEqual(3);
    const restores = await Promise.all(Array.from({ length: 40 }, () => post(false)));
    expect(restores.filter((answer) => answer.status === 429)).toEqual([]);
  });
});

/** Nothing passes until so many were refused: however slow the machine is, all of them are open at once. */
function closedGate() {
  let open = () => {};
  let running = 0;
  let most = 0;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return {
    most: () => most,
    async through<T>(pass: () => Promise<T>): Promise<T> {
      running += 1;
      most = Math.max(most, running);
      await opened;
      running -= 1;
      return await pass();
    },
    async openAfter(most: number, ask: () => PromiseLike<{ status: number }>) {
      let refused = 0;
      const late = setTimeout(open, 4_000);
      const one = async (): Promise<void> => {
        if ((await ask()).status === 429) refused += 1;
        if (refused === most) open();
      };
      await Promise.all(Array.from({ length: 40 }, one));
      clearTimeout(late);
      return { answered: 40 - refused, refused };
    },
  };
}
