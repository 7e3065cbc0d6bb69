import { readFileSync } from 'node:fs';
import { createOpenStack, type OpenStack } from '../../src/adapters/openstack/cloud.ts';
import type { Clock, Log } from '../../src/ports/system.ts';

const LAB_ROOT = process.env.LAB_ROOT ?? '/srv/rewind-lab';

/** The real lab is used only when asked for. */
export const useLab = process.env.REWIND_LAB === '1';

const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms) => new Promise((done) => setTimeout(done, ms)),
};

const log: Log = { debug() {}, info() {}, warn() {}, error() {}, with: () => log };

/** Rewind's own service user, as the lab's seed made it. */
export function labCloud(): OpenStack {
  const env = variables('rewind.env');
  return createOpenStack(
    {
      authUrl: env.REWIND_KEYSTONE_AUTH_URL!,
      username: env.REWIND_KEYSTONE_USERNAME!,
      password: readFileSync(env.REWIND_KEYSTONE_PASSWORD_FILE!, 'utf8').trim(),
      userDomainName: 'Default',
      projectName: 'service',
      projectDomainName: 'Default',
      region: env.REWIND_KEYSTONE_REGION!,
    },
    { clock, log },
  );
}

export interface LabUser {
  token: string;
  projectId: string;
  userId: string;
  /** Where Keystone gives and takes tokens. */
  tokensUrl: string;
  /** Calls a service of the catalogue as this user; `path` begins after the endpoint. */
  call(type: string, method: string, path: string, body?: unknown): Promise<{ status: number; body: LabJson }>;
}

// biome-ignore lint/suspicious/noExplicitAny: the services' own JSON
type LabJson = any;

/** Logs in as `demo`, `reader`, `other` or `admin`. */
export async function labUser(name: string): Promise<LabUser> {
  const env = variables(`openrc-${name}`);
  const domain = { name: 'Default' };
  const user = { name: env.OS_USERNAME, password: env.OS_PASSWORD, domain };
  const scope = { project: { name: env.OS_PROJECT_NAME, domain } };
  const tokensUrl = `${env.OS_AUTH_URL}/auth/tokens`;
  const answer = await fetch(tokensUrl, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ auth: { identity: { methods: ['password'], password: { user } }, scope } }),
  });
  const token = answer.headers.get('x-subject-token')!;
  const body = ((await answer.json()) as LabJson).token;
  return {
    token,
    projectId: body.project.id,
    userId: body.user.id,
    tokensUrl,
    async call(type, method, path, sent) {
      const service = body.catalog.find((entry: LabJson) => entry.type === type);
      const url = service.endpoints.find((one: LabJson) => one.interface === 'public').url;
      const headers = {
        'X-Auth-Token': token,
        'Content-Type': 'application/json',
        // Cinder answers 400 when another service's version is in the header.
        ...(type === 'compute' ? { 'OpenStack-API-Version': 'compute 2.79' } : {}),
      };
      const request = { method, headers, ...(sent === undefined ? {} : { body: JSON.stringify(sent) }) };
      const answer = await fetch(`${url}${path}`, request);
      const text = await answer.text();
      return { status: answer.status, body: text.startsWith('{') ? JSON.parse(text) : text };
    },
  };
}

/** Starts the smallest server of the lab's image, without a network; returns its id. */
export async function bootServer(user: LabUser, name: string): Promise<string> {
  const images = await user.call('image', 'GET', '/v2/images?name=lab');
  const flavors = await user.call('compute', 'GET', '/flavors');
  const flavor = flavors.body.flavors.find((one: LabJson) => one.name === 'lab.small');
  const server = { name, imageRef: images.body.images[0].id, flavorRef: flavor.id, networks: 'none' };
  return (await user.call('compute', 'POST', '/servers', { server })).body.server.id;
}

const POLL_MS = 500;
/** The lab emulates its processors, and others may use it too. */
const PATIENCE_MS = 240_000;

/** Looks until it is so; fails with what was seen last. */
export async function eventually<T>(
  look: () => Promise<T>,
  isSo: (seen: T) => boolean,
  limitMs = PATIENCE_MS,
): Promise<T> {
  const end = performance.now() + limitMs;
  for (;;) {
    const seen = await look();
    if (isSo(seen)) return seen;
    if (performance.now() > end) throw new Error(`not within ${limitMs} ms, but: ${JSON.stringify(seen)}`);
    await clock.sleep(POLL_MS);
  }
}

function variables(file: string): Record<string, string> {
  const lines = readFileSync(`${LAB_ROOT}/${file}`, 'utf8').split('\n');
  const pairs = lines.map((line) => /^(?:export )?(\w+)=(.*)$/.exec(line)).filter((match) => match !== null);
  return Object.fromEntries(pairs.map((match) => [match[1]!, match[2]!]));
}
