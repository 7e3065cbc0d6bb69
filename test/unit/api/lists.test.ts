import { describe, expect, test } from '@jest/globals';
import { apiWorld } from '../../world/api/api-world.ts';
import { uuidOf } from '../../world/api/fake-cloud.ts';
import { OTHER_PROJECT } from '../../world/api/people.ts';
import { backup } from '../../world/api/rows.ts';

const TOTAL = 25;

function stocked() {
  const world = apiWorld({ settings: { defaultPage: 10, maxPage: 12 } });
  for (let n = 0; n < TOTAL; n++) {
    const created_at = new Date(Date.UTC(2026, 0, 1, n)).toISOString();
    const id = uuidOf(1_000 + n);
    const extra = { name: n % 2 ? 'odd' : 'e,ven', size_bytes: n, updated_at: created_at, server_id: uuidOf(n % 3) };
    world.stores.backups.set(id, backup({ id, created_at, ...extra }));
  }
  world.stores.backups.set(uuidOf(9), backup({ id: uuidOf(9), project_id: OTHER_PROJECT }));
  const get = (query: string, token = 'reader') => world.http.get(`/v1/backups${query}`).set('X-Auth-Token', token);
  const ids = async (query: string, token = 'reader') => {
    const answer = await get(query, token);
    expect([answer.status, answer.text.slice(0, 300)]).toEqual([200, expect.anything()]);
    return (answer.body.backups as { id: string }[]).map(({ id }) => Number.parseInt(id.slice(-12), 16) - 1_000);
  };
  return { ...world, get, ids };
}

describe('paging', () => {
  test('next links lead through everything once, newest first', async () => {
    const world = stocked();
    const seen: string[] = [];
    let query: string | undefined = '?name=neq:nothing';
    for (let pages = 0; query !== undefined && pages < 9; pages++) {
      const answer = await world.get(query);
      seen.push(...answer.body.backups.map((one: { created_at: string }) => one.created_at));
      const next: { rel: string; href: string } | undefined = answer.body.links[0];
      if (next)
        expect(next.href).toMatch(/^https:\/\/api\.example\.com\/vm-backup\/v1\/backups\?name=neq%3Anothing&marker=/);
      query = next && new URL(next.href).search;
    }
    expect(seen).toHaveLength(TOTAL);
    expect(seen).toEqual([...seen].sort().reverse());
  });

  test('limit is capped, a page behind the end is empty', async () => {
    const world = stocked();
    expect(await world.ids('?limit=1000000000')).toHaveLength(12);
    expect(await world.ids(`?sort=created_at&marker=${uuidOf(1_000 + TOTAL - 1)}`)).toEqual([]);
  });

  test.each(['0', '-1', '1.5', 'x', '1e3', '99999999999999999999', '', '0x10'])('limit=%s is 400', async (limit) => {
    expect((await stocked().get(`?limit=${limit}`)).status).toBe(400);
  });

  test.each(['x', uuidOf(77), uuidOf(9)])('marker=%s is 400', async (marker) => {
    const answer = await stocked().get(`?marker=${marker}`);
    expect([answer.status, answer.body.errors[0].code]).toEqual([400, 'vm-backup.marker.unknown']);
  });

  test('with_count counts all pages', async () => {
    const answer = await stocked().get(`?with_count=true&limit=1&server_id=${uuidOf(0)}`);
    expect(answer.body).toMatchObject({ count: 9, backups: [{}] });
    expect((await stocked().get('')).body).not.toHaveProperty('count');
  });
});

describe('filters', () => {
  test.each([
    [`?server_id=${uuidOf(1)}&size_bytes=lt:5`, [4, 1]],
    ['?size_bytes=gte:23', [24, 23]],
    ['?size_bytes=ge:23&size_bytes=lt:24', [23]],
    ['?size_bytes=in:3,1', [3, 1]],
    ['?size_bytes=le:1', [1, 0]],
    ['?name=in:"e,ven"&size_bytes=lt:3', [2, 0]],
    ['?name=nin:odd&size_bytes=lt:3', [2, 0]],
    ['?name=neq:odd&size_bytes=lt:3', [2, 0]],
    ['?created_at=gt:2026-01-01T22:00:00%2B00:00', [24, 23]],
    ['?created_at=gt:2026-01-02T00:00:00+01:00', [24]],
    ['?changes-since=2026-01-01T23:00:00Z', [24, 23]],
    ['?changes-before=2026-01-01T01:00:00&incremental=false', [1, 0]],
    ['?sort=size_bytes:asc&limit=2', [0, 1]],
    ['?sort=name:desc,size_bytes:desc&limit=2', [23, 21]],
    [`?project_id=${OTHER_PROJECT}`, []],
  ])('%s', async (query, expected) => {
    expect(await stocked().ids(query)).toEqual(expected);
  });

  test.each([
    '?nonsense=1',
    '?__proto__=1',
    '?constructor=1',
    '?status=shining',
    '?server_id=1',
    '?size_bytes=-1',
    '?size_bytes=lt:NaN',
    '?incremental=maybe',
    '?created_at=yesterday',
    '?created_at=gt:2026-13-01',
    '?sort=password',
    '?sort=name:sideways',
    '?sort=name,name,name,name,name,name',
    '?limit=1&limit=2',
    '?name=in:"open',
    `?name=in:${'a,'.repeat(101)}`,
    `?${'name=a&'.repeat(60)}`,
    '?with_count=perhaps',
    '?name=%00',
  ])('%s is 400', async (query) => {
    const answer = await stocked().get(query);
    expect([answer.status, answer.body.errors[0].code]).toEqual([400, 'vm-backup.query.invalid']);
  });
});

describe('all_projects', () => {
  test('shows an admin everything, and only when asked', async () => {
    const world = stocked();
    expect(await world.ids('', 'admin')).toEqual([]);
    const answer = await world.get('?all_projects=true&limit=12&sort=project_id:desc', 'admin');
    expect(answer.body.backups[0].project_id).toBe(OTHER_PROJECT);
  });

  test('is 403 for others', async () => {
    expect((await stocked().get('?all_projects=1', 'member')).status).toBe(403);
  });
});
