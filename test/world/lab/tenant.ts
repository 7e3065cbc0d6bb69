import { openrc, until } from './lab.ts';

export interface Answer<T = Record<string, unknown>> {
  status: number;
  body: T;
  headers: Headers;
}

type Json = Record<string, unknown>;

/** A user of the lab's cloud, speaking plain HTTP. */
export interface Tenant {
  token: string;
  projectId: string;
  userId: string;
  call<T = Json>(
    service: 'compute' | 'volume' | 'image' | 'network' | 'identity',
    method: string,
    path: string,
    body?: unknown,
    /** As `OpenStack-API-Version` says it. */
    version?: string,
  ): Promise<Answer<T>>;
}

const MICROVERSIONS: Record<string, string> = { compute: 'compute 2.79', volume: 'volume 3.59' };

export async function logIn(user: string): Promise<Tenant> {
  const rc = openrc(user);
  const identity = {
    methods: ['password'],
    password: { user: { name: rc.OS_USERNAME, password: rc.OS_PASSWORD, domain: { name: rc.OS_USER_DOMAIN_NAME } } },
  };
  const project = { name: rc.OS_PROJECT_NAME, domain: { name: rc.OS_PROJECT_DOMAIN_NAME } };
  return authenticate({ auth: { identity, scope: { project } } });
}

/** Somebody of a test's own. */
export const logInAs = (userId: string, password: string, projectId: string): Promise<Tenant> =>
  authenticate({
    auth: {
      identity: { methods: ['password'], password: { user: { id: userId, password } } },
      scope: { project: { id: projectId } },
    },
  });

export const authenticateWithApplicationCredential = (id: string, secret: string): Promise<Tenant> =>
  authenticate({ auth: { identity: { methods: ['application_credential'], application_credential: { id, secret } } } });

async function authenticate(body: unknown): Promise<Tenant> {
  const url = `${openrc('demo').OS_AUTH_URL}/auth/tokens`;
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (response.status !== 201) throw new Error(`Keystone answered ${response.status}`);
  const { token } = (await response.json()) as {
    token: {
      project: { id: string };
      user: { id: string };
      catalog: { type: string; endpoints: { interface: string; url: string }[] }[];
    };
  };
  const value = response.headers.get('x-subject-token') ?? '';
  const types: Record<string, string> = {
    compute: 'compute',
    volume: 'volumev3',
    image: 'image',
    network: 'network',
    identity: 'identity',
  };
  const base = (service: string) =>
    token.catalog.find((one) => one.type === types[service])?.endpoints.find((one) => one.interface === 'public')
      ?.url ?? '';
  return {
    token: value,
    projectId: token.project.id,
    userId: token.user.id,
    async call<T>(service: string, method: string, path: string, given?: unknown, version = MICROVERSIONS[service]) {
      const bytes = given instanceof Uint8Array ? new Uint8Array(given) : undefined;
      const type = bytes ? 'application/octet-stream' : 'application/json';
      const headers: Record<string, string> = { 'X-Auth-Token': value, 'Content-Type': type };
      if (version) headers['OpenStack-API-Version'] = version;
      const answer = await fetch(`${base(service)}${path}`, {
        method,
        headers,
        ...(given === undefined ? {} : { body: bytes ?? JSON.stringify(given) }),
      });
      const text = await answer.text();
      return { status: answer.status, body: (text ? JSON.parse(text) : {}) as T, headers: answer.headers };
    },
  };
}

/** Fails the test when the cloud says no. */
export async function must<T = Json>(answer: Promise<Answer<T>>): Promise<T> {
  const { status, body } = await answer;
  if (status >= 300) throw new Error(`the cloud answered ${status}: ${JSON.stringify(body)}`);
  return body;
}

export interface ServerView {
  id: string;
  status: string;
  locked: boolean;
  fault?: { message: string };
  'OS-EXT-STS:task_state': string | null;
  'os-extended-volumes:volumes_attached': { id: string }[];
}

export const showServer = async (who: Tenant, id: string): Promise<ServerView> =>
  (await must<{ server: ServerView }>(who.call('compute', 'GET', `/servers/${id}`))).server;

export const serverIs = (who: Tenant, id: string, status: string, limitMs = 180_000): Promise<ServerView> =>
  until(`server ${id} ${status}`, limitMs, async () => {
    const server = await showServer(who, id);
    if (server.status === 'ERROR') throw new Error(`server ${id} is in ERROR: ${server.fault?.message}`);
    return server.status === status && server['OS-EXT-STS:task_state'] === null && server;
  });

export const act = (who: Tenant, id: string, action: Json): Promise<unknown> =>
  must(who.call('compute', 'POST', `/servers/${id}/action`, action));

export async function stopServer(who: Tenant, id: string): Promise<void> {
  await act(who, id, { 'os-stop': null });
  await serverIs(who, id, 'SHUTOFF');
}

export async function startServer(who: Tenant, id: string): Promise<void> {
  await act(who, id, { 'os-start': null });
  await serverIs(who, id, 'ACTIVE');
}

export interface VolumeView {
  id: string;
  status: string;
  size: number;
  volume_type: string;
  bootable: string;
  attachments: { server_id: string; device: string }[];
  metadata: Record<string, string>;
  volume_image_metadata?: Record<string, string>;
}

export async function showVolume(who: Tenant, id: string): Promise<VolumeView | undefined> {
  const { status, body } = await who.call<{ volume: VolumeView }>('volume', 'GET', `/volumes/${id}`);
  return status === 404 ? undefined : body.volume;
}

export const volumeIs = (who: Tenant, id: string, status: string, limitMs = 120_000): Promise<VolumeView> =>
  until(`volume ${id} ${status}`, limitMs, async () => {
    const volume = await showVolume(who, id);
    if (volume?.status.startsWith('error')) throw new Error(`volume ${id} is in ${volume.status}`);
    return volume?.status === status && volume;
  });

export async function createVolume(who: Tenant, name: string, sizeGiB = 1, more: Json = {}): Promise<string> {
  const { volume } = await must<{ volume: VolumeView }>(
    who.call('volume', 'POST', '/volumes', { volume: { name, size: sizeGiB, ...more } }),
  );
  await volumeIs(who, volume.id, 'available');
  return volume.id;
}

/** Waits for whoever is still letting go of it, and says who does not. */
export async function deleteVolume(who: Tenant, id: string): Promise<void> {
  let seen: VolumeView | undefined;
  const free = async () => {
    seen = await showVolume(who, id);
    return !seen || seen.status === 'available' || seen.status.startsWith('error');
  };
  await until(`volume ${id} free`, 60_000, free).catch((error) => {
    throw new Error(`${error.message}: it is ${JSON.stringify(seen)}`);
  });
  await must(who.call('volume', 'DELETE', `/volumes/${id}`));
  await until(`volume ${id} gone`, 120_000, async () => (await showVolume(who, id)) === undefined);
}

export async function attach(who: Tenant, serverId: string, volumeId: string): Promise<void> {
  await must(
    who.call('compute', 'POST', `/servers/${serverId}/os-volume_attachments`, { volumeAttachment: { volumeId } }),
  );
  await volumeIs(who, volumeId, 'in-use');
}

export async function detach(who: Tenant, serverId: string, volumeId: string): Promise<void> {
  await must(who.call('compute', 'DELETE', `/servers/${serverId}/os-volume_attachments/${volumeId}`));
  await volumeIs(who, volumeId, 'available');
}

export async function bootServer(who: Tenant, name: string, more: Json = {}): Promise<string> {
  const { images } = await must<{ images: { id: string }[] }>(who.call('image', 'GET', '/v2/images?name=lab'));
  const { flavors } = await must<{ flavors: { id: string; name: string }[] }>(who.call('compute', 'GET', '/flavors'));
  const { networks } = await must<{ networks: { id: string }[] }>(
    who.call('network', 'GET', '/v2.0/networks?name=demo-net'),
  );
  const flavorRef = flavors.find((one) => one.name === 'lab.small')?.id;
  const server = { name, flavorRef, imageRef: images[0]?.id, networks: [{ uuid: networks[0]?.id }], ...more };
  const made = await must<{ server: { id: string } }>(who.call('compute', 'POST', '/servers', { server }));
  await serverIs(who, made.server.id, 'ACTIVE');
  return made.server.id;
}

export async function deleteServer(who: Tenant, id: string): Promise<void> {
  await who.call('compute', 'DELETE', `/servers/${id}`);
  await until(
    `server ${id} gone`,
    180_000,
    async () => (await who.call('compute', 'GET', `/servers/${id}`)).status === 404,
  );
}
