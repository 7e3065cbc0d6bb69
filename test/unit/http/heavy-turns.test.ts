import { describe, expect, test } from '@jest/globals';
import { heavyTurns } from '../../../src/http/heavy-turns.ts';
import { apiWorld } from '../../world/api/api-world.ts';

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
    const { listBackups } = world.stores.catalogue;
    let running = 0;
    let most = 0;
    world.stores.catalogue.listBackups = async (query) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 20));
      running -= 1;
      return await listBackups(query);
    };
    const get = (token: string) => world.http.get('/v1/backups').set('X-Auth-Token', token);
    const many = Array.from({ length: 40 }, () => get('reader'));
    const [mine, theirs] = await Promise.all([Promise.all(many), get('stranger')]);
    const statuses = mine.map((answer) => answer.status);
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
    expect(theirs.status).toBe(200);
    expect(most).toBeLessThanOrEqual(6);
    expect((await get('reader')).status).toBe(200);
  });
});
