import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  type BlankServer,
  bootBlankServer,
  dropBlankServer,
  dropVolumesNamed,
  volumeImage,
} from '../../world/lab/blank-server.ts';
import { contentOf } from '../../world/lab/content.ts';
import { lab, until } from '../../world/lab/lab.ts';
import { type Installation, install } from '../../world/lab/rewind.ts';
import { authenticateWithApplicationCredential, logIn, must, type Tenant } from '../../world/lab/tenant.ts';

const LIFETIME_S = 60;
const WORK_S = 70;
const DATA_MIB = 6;
const LOG_IN_AGAIN_MS = 30_000;
const LIMIT_MS = 240_000;

/** Who asks: logs in anew before the token runs out, as a client would. */
class User {
  readonly #logIn: () => Promise<Tenant>;
  #tenant: Tenant | undefined;
  #since = 0;

  constructor(logInNow: () => Promise<Tenant>) {
    this.#logIn = logInNow;
  }

  async now(): Promise<Tenant> {
    if (!this.#tenant || Date.now() - this.#since > LOG_IN_AGAIN_MS) {
      this.#since = Date.now();
      this.#tenant = await this.#logIn();
    }
    return this.#tenant;
  }
}

let rewind: Installation;
let credential: { id: string; secret: string };
let users: User[];
let servers: BlankServer[] = [];
let backups: string[] = [];

beforeAll(async () => {
  // Whoever cleans up needs a token that lives.
  const demo = await logIn('demo');
  servers = await Promise.all([
    bootBlankServer(demo, 'e2e2-short-password', DATA_MIB),
    bootBlankServer(demo, 'e2e2-short-credential', DATA_MIB),
  ]);
  const made = await must<{ application_credential: { id: string; secret: string } }>(
    demo.call('identity', 'POST', `/users/${demo.userId}/application_credentials`, {
      application_credential: { name: 'e2e2-short' },
    }),
  );
  credential = made.application_credential;
  users = [
    new User(() => logIn('demo')),
    new User(() => authenticateWithApplicationCredential(credential.id, credential.secret)),
  ];
  await lab('token-lifetime', String(LIFETIME_S));
  // Only now, so that every token it ever asks for is short.
  rewind = install({ REWIND_WORKER_MAX_BYTES_PER_SECOND: String(Math.floor((DATA_MIB * 1024 ** 2) / WORK_S)) });
  rewind.start('all');
  await rewind.ready();
});

afterAll(() => lab('token-lifetime', 'default'));
afterAll(async () => {
  const demo = await logIn('demo');
  for (const server of servers) await dropBlankServer(demo, server);
  await dropVolumesNamed(demo, 'e2e2-short');
  if (credential)
    await must(demo.call('identity', 'DELETE', `/users/${demo.userId}/application_credentials/${credential.id}`));
});
afterAll(() => rewind?.end());

interface Resource {
  id: string;
  status: string;
  fail_reason: string | null;
  operation_id: string;
  volumes: { volume_id: string }[];
}

/** Asked with one token, which has long run out when the work ends. */
async function carryOutSlowly(
  user: User,
  kind: 'backup' | 'restore',
  body: Record<string, unknown>,
): Promise<Resource> {
  const asker = await user.now();
  const asked = await rewind.call<Record<string, Resource>>(asker, 'POST', `/v1/${kind}s`, { [kind]: body });
  expect([asked.status, asked.body]).toEqual([202, expect.anything()]);
  const { id = '', operation_id = '' } = asked.body[kind] ?? {};
  const ended = await until(`${kind} ${id} ended`, LIMIT_MS, async () => {
    const { status, body: shown } = await rewind.call<Record<string, Resource>>(
      await user.now(),
      'GET',
      `/v1/${kind}s/${id}`,
    );
    expect(status).toBe(200);
    const one = shown[kind];
    return one && !['creating', 'restoring'].includes(one.status) && one;
  });
  expect([ended.status, ended.fail_reason]).toEqual(['available', null]);
  const { body: shown } = await rewind.call<{ operation: { started_at: string; finished_at: string } }>(
    await user.now(),
    'GET',
    `/v1/operations/${operation_id}`,
  );
  const tookMs = Date.parse(shown.operation.finished_at) - Date.parse(shown.operation.started_at);
  expect(tookMs).toBeGreaterThan((LIFETIME_S + 5) * 1000);
  // The token it was asked with is worth nothing any more, to us as to everybody.
  expect((await rewind.call(asker, 'GET', '/v1/backups')).status).toBe(401);
  return ended;
}

test('backups that outlive every token end well, for a password and for an application credential', async () => {
  const made = await Promise.all(
    users.map((user, n) => carryOutSlowly(user, 'backup', { server_id: servers[n]?.id, name: `slow-${n}` })),
  );
  backups = made.map((one) => one.id);
});

test('restores that outlive every token end well, for a password and for an application credential', async () => {
  const made = await Promise.all(
    users.map((user, n) =>
      carryOutSlowly(user, 'restore', { backup_id: backups[n], mode: 'volumes', name: `e2e2-short-back-${n}` }),
    ),
  );
  for (const [n, restore] of made.entries()) {
    const snap = `${volumeImage(servers[n]?.volume ?? '')}@rewind-b-${backups[n]}`;
    expect(await contentOf(volumeImage(restore.volumes[0]?.volume_id ?? ''))).toBe(await contentOf(snap));
  }
});
