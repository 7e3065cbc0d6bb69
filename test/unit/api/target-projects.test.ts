import { describe, expect, test } from '@jest/globals';
import { apiWorld } from '../../world/api/api-world.ts';
import { server, uuidOf } from '../../world/api/fake-cloud.ts';
import { OTHER_PROJECT, PROJECT } from '../../world/api/people.ts';
import { backup } from '../../world/api/rows.ts';

function ready(targetProjects: Record<string, string[]>) {
  const world = apiWorld({ targetProjects });
  world.cloud.add(server());
  world.stores.backups.set(uuidOf(100), backup());
  const post = async (path: string, body: object, token = 'member') => {
    const answer = await world.http.post(path).set('X-Auth-Token', token).send(body);
    return [answer.status, answer.body.errors?.[0].code ?? null, answer.body];
  };
  const named = async () => {
    const { body } = await world.http.get('/v1/targets').set('X-Auth-Token', 'reader');
    return body.targets.map((one: { name: string; default: boolean }) => [one.name, one.default]);
  };
  return { ...world, post, named };
}

const NOT_THERE = [400, 'vm-backup.target.unknown'];
const create = (target?: string) => ({ backup: { server_id: uuidOf(1), target } });
const policy = (targets?: string[]) => ({
  policy: { schedule: { cron: '0 2 * * *' }, servers: { all: true }, targets },
});
const manifest = (project_id: string) =>
  `${JSON.stringify({ backup: { id: uuidOf(800), server_id: uuidOf(1), project_id } })}\nseal`;

describe('a target that is for some projects only', () => {
  test('is for no other one to choose, and to no other one there', async () => {
    const world = ready({ nfs: [OTHER_PROJECT] });
    for (const [path, body] of [
      ['/v1/backups', create('nfs')],
      [`/v1/backups/${uuidOf(100)}/copies`, { copy: { target: 'nfs' } }],
      ['/v1/policies', policy(['default', 'nfs'])],
    ] as const)
      expect((await world.post(path, body)).slice(0, 2)).toEqual(NOT_THERE);
    expect(world.stores.operationRows.size).toBe(0);
    expect(await world.named()).toEqual([['default', true]]);
    const shown = await world.http.get('/v1/targets/nfs').set('X-Auth-Token', 'reader');
    expect(shown.status).toBe(404);
  });

  test('is for its own projects as any other', async () => {
    const world = ready({ nfs: [PROJECT] });
    expect((await world.post('/v1/backups', create('nfs')))[0]).toBe(202);
    expect((await world.post('/v1/policies', policy(['nfs'])))[0]).toBe(201);
    expect(await world.named()).toEqual([
      ['default', true],
      ['nfs', false],
    ]);
  });

  test('is nobody’s default who may not have it; the first one that he may have is', async () => {
    const world = ready({ default: [OTHER_PROJECT] });
    expect(await world.named()).toEqual([['nfs', true]]);
    expect((await world.post('/v1/backups', create()))[2].backup.target).toBe('nfs');
    expect((await world.post('/v1/policies', policy()))[2].policy.targets).toEqual(['nfs']);
    const none = ready({ default: [OTHER_PROJECT], nfs: [] });
    expect((await none.post('/v1/backups', create())).slice(0, 2)).toEqual(NOT_THERE);
  });

  test('takes no import of a project that is not among them, whoever asks', async () => {
    const world = ready({ nfs: [OTHER_PROJECT] });
    const take = (project: string) =>
      world.post('/v1/backups/import', { backup: { target: 'nfs', manifest: manifest(project) } }, 'admin');
    expect((await take(PROJECT)).slice(0, 2)).toEqual(NOT_THERE);
    expect((await take(OTHER_PROJECT))[0]).toBe(202);
  });
});
