import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  asRepository,
  dropMemoryGroups,
  type Host,
  knownToLibvirt,
  type Site,
  site,
  sources,
} from '../world/installed/hosts.ts';
import { titles, typed } from '../world/installed/readme.ts';
import {
  type BlankServer,
  bootBlankServer,
  dropBlankServer,
  dropVolume,
  dropVolumesNamed,
  volumeImage,
  writeImage,
} from '../world/lab/blank-server.ts';
import { contentOf } from '../world/lab/content.ts';
import { LAB_ROOT, openrc, PROJECT_ROOT, until } from '../world/lab/lab.ts';
import { available, carryOut, type Installation } from '../world/lab/rewind.ts';
import { labBucket, labS3 } from '../world/lab/s3.ts';
import { attach, createVolume, logIn, type Tenant } from '../world/lab/tenant.ts';

/**
 * The README's installation, typed word for word but for what a reader has of his own, on hosts without systemd: a controller, a
 * compute host and the gateway's. Their units are verified by systemd and done by a stand-in for it.
 */
const execute = promisify(execFile);
const described = process.env.REWIND_LAB === '1' ? describe : describe.skip;
const NAME = 'contract-installed';
const URL_OF_API = 'http://127.0.0.1:8790/vm-backup';
const URL_OF_GATEWAY = 'http://127.0.0.1:8791';
const OWN = 'rewind_installed';
const PEOPLE = [OWN, 'installed-agent', 'installed-gateway'] as const;
/** Of hosts, so that files on what they share belong to the same users. */
const IDS = { IDS: '880' };

const secret = () => randomBytes(16).toString('hex');
const secrets = { keystone: secret(), database: secret(), agent: secret(), gateway: secret(), hostKey: '', bucket: '' };
const urlOf = (user: string, password: string) => `mysql://${user}:${password}@127.0.0.1:3306/${OWN}`;
const values = {
  keystone: secrets.keystone,
  redis: 'redis://127.0.0.1:6379/15',
  database: urlOf(OWN, secrets.database),
};

let folder: string;
let hosts: Site;
let controller: Host;
let compute: Host;
let gateway: Host;
let demo: Tenant;
let server: BlankServer;
let backup: { id: string };
let forgetAgent = async (): Promise<void> => undefined;
const bucket = process.env.REWIND_LAB === '1' ? labBucket('rewind') : undefined;

/** As the cloud's admin, on a machine where his clients are and know how to log in. */
async function byAdmin(title: string, own: Record<string, string>, password = ''): Promise<string> {
  const tools = join(folder, 'bin');
  mkdirSync(tools, { recursive: true });
  writeFileSync(
    join(tools, 'mysql'),
    `#!/bin/sh\nexec /usr/bin/mysql --socket=${LAB_ROOT}/data/mysql/mysqld.sock -uroot "$@"\n`,
  );
  chmodSync(join(tools, 'mysql'), 0o755);
  const env = { ...openrc('admin'), PATH: `${tools}:/usr/sbin:/usr/bin:/sbin:/bin`, HOME: folder };
  const prompt = join(PROJECT_ROOT, 'test/world/installed/at_prompt.py');
  const script = typed('sh', title, own);
  const running = execute('/usr/bin/python3', [prompt, 'bash', '--norc', '-euo', 'pipefail', '-c', script], { env });
  running.child.stdin?.end(`${password}\n`);
  return (await running).stdout;
}

const settings = (host: Host, text: string) => host.type('cat > /etc/rewind/rewind.yaml', text);
const operator = (more: string) =>
  controller.type(`${typed('sh', "a controller: the operator's shell", { 'compute-1': 'lab' })}\n${more}`);

/** With what the roles said, where it goes wrong. */
async function told<T>(work: Promise<T>): Promise<T> {
  return work.catch(async (error) => {
    const logs = await Promise.all(
      units().map(async ([host, unit]) => `${unit}: ${(await host.logOf(unit).catch(String)).slice(-6_000)}`),
    );
    throw new Error(`${error}\n${logs.join('\n')}`);
  });
}

const units = () =>
  [
    [controller, 'rewind-api'],
    [controller, 'rewind-worker'],
    [compute, 'rewind-agent'],
    [gateway, 'rewind-gateway'],
  ] as const;

/** What the helpers of the other tests need of an installation. */
const rewind = {
  async call(who: Tenant | null, method: string, path: string, body?: unknown) {
    const headers = {
      Accept: 'application/json',
      'Content-Type': 'application/json',
      ...(who ? { 'X-Auth-Token': who.token } : {}),
    };
    const answer = await fetch(`${URL_OF_API}${path}`, {
      method,
      headers,
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const said = await answer.text();
    return { status: answer.status, body: said ? JSON.parse(said) : {}, headers: answer.headers };
  },
} as unknown as Installation;

async function prepareServer(): Promise<void> {
  demo = await logIn('demo');
  server = await bootBlankServer(demo, NAME, 6);
  const data = await createVolume(demo, `${NAME}-data`);
  await writeImage(volumeImage(data), [{ at: 20, length: 2 }]);
  await attach(demo, server.id, data);
}

/** One controller with the program on it is what all hosts are copies of: the same lines would be typed on each. */
async function prepareHosts(): Promise<void> {
  hosts = await site();
  sources(join(folder, 'rewind'));
  const template = await hosts.host('template', [], { [join(folder, 'rewind')]: '/media/rewind' });
  await template.type(asRepository('/media/rewind'));
  await template.type(typed('sh', 'every host', { '…': '/media/rewind' }));
  template.end();
  const shared = { [`${hosts.folder}/shared`]: '/mnt/backups' };
  [controller, compute, gateway] = await Promise.all([
    hosts.host('controller', ['template'], shared),
    hosts.host('lab', ['template'], { '/run/libvirt': '/run/libvirt' }),
    hosts.host('gateway', ['template'], shared),
  ]);
  const keyring = readFileSync('/etc/ceph/ceph.client.rewind.keyring', 'utf8');
  for (const host of [controller, compute])
    await host.type('umask 077; cat > /etc/ceph/ceph.client.rewind.keyring', keyring);
  // The group of whoever may use libvirt is there with libvirt.
  await compute.type(
    'getent group libvirt || groupadd --system --gid "$(stat -c %g /run/libvirt/libvirt-sock)" libvirt',
  );
}

async function dropTraces(): Promise<void> {
  const script = `
    openstack user delete --domain Default ${OWN} || true
    for id in $(openstack service list -f value -c ID -c Type | awk '$2 == "${NAME}" {print $1}'); do openstack service delete $id; done
    ${PEOPLE.map((user) => `echo "drop user if exists '${user}'@'%';"`).join('; ')} | mysql
    { ${PEOPLE.map((user) => `echo "drop user if exists '${user}'@'%';"`).join('; ')}; echo 'drop database if exists ${OWN};'; } | mysql
    redis-cli -n 15 flushdb`;
  const path = `${join(folder, 'bin')}:/usr/sbin:/usr/bin:/sbin:/bin`;
  await execute('bash', ['-c', script], { env: { ...openrc('admin'), PATH: path, HOME: folder } });
}

described('what the README says to install for production', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rewind-installed-'));
    const admin = async () => {
      const names = { ' rewind': ` ${OWN}`, ' vm-backup': ` ${NAME}`, 'https://api.example.com/vm-backup': URL_OF_API };
      await byAdmin("the cloud's admin: Keystone", names, secrets.keystone);
      await byAdmin("the cloud's admin: Ceph", {});
      const database = {
        "'rewind'": `'${OWN}'`,
        ' rewind;': ` ${OWN};`,
        'rewind.*': `${OWN}.*`,
        '…': secrets.database,
      };
      await byAdmin("the cloud's admin: MariaDB", database);
    };
    await Promise.all([prepareServer(), prepareHosts(), admin()]);
  }, 600_000);
  afterAll(() => dropBlankServer(demo, server), 120_000);
  afterAll(() => dropVolumesNamed(demo, NAME), 120_000);
  afterAll(() => bucket?.empty());
  afterAll(async () => {
    const groups = await Promise.all(
      [controller, compute, gateway].map((host) =>
        host?.type('cat /run/stand-in/*.cgroup 2>/dev/null || true').catch(() => ''),
      ),
    );
    hosts?.end();
    await forgetAgent();
    await dropMemoryGroups(
      groups
        .join('\n')
        .split(/\s+/)
        .filter(Boolean)
        .flatMap((one) => one.split(/(?=\/sys\/)/)),
    );
    await dropTraces();
    rmSync(folder, { recursive: true, force: true });
  }, 240_000);

  it('has been tried here to the last block', () => {
    const tried = readFileSync(import.meta.filename, 'utf8').replaceAll("\\'", "'");
    for (const title of titles()) expect(tried).toContain(title.slice(2));
  });

  it('makes a controller whose API and worker are well', async () => {
    await controller.type(typed('sh', 'a controller'), '', IDS);
    const given = [values.keystone, values.redis, values.database].map((one) => `${one}\n`).join('');
    await controller.type(typed('sh', 'a controller: its secrets'), given);
    const { endpoint, accessKey, secretKeyFile } = labS3();
    secrets.bucket = readFileSync(secretKeyFile, 'utf8').trim();
    await controller.type(typed('sh', "a controller: its bucket's secret"), `${secrets.bucket}\n`);
    const yaml = typed('yaml', 'a controller', {
      'https://api.example.com/vm-backup': URL_OF_API,
      'https://keystone.internal:5000/v3': openrc('admin').OS_AUTH_URL ?? '',
      'https://keystone.example.com/v3': openrc('admin').OS_AUTH_URL ?? '',
      'region: RegionOne': `region: RegionOne, username: ${OWN}`,
      'http://10.0.0.5:8791': URL_OF_GATEWAY,
      'https://rgw.example.com': endpoint,
      'bucket: rewind, access_key: rewind': `bucket: rewind, prefix: ${bucket?.settings.prefix}, access_key: ${accessKey}`,
    });
    await settings(controller, yaml);
    await controller.type(typed('sh', 'a controller: its directory target'));
    await controller.type(typed('sh', 'a controller: start'));
    const health = await told(
      until('a worker and all that the API needs', 180_000, async () => {
        const answer = await rewind.call<{ workers?: number }>(null, 'GET', '/healthcheck').catch(() => undefined);
        return answer?.status === 200 && (answer.body.workers ?? 0) > 0 && answer;
      }),
    );
    expect(health.status).toBe(200);
  }, 300_000);

  it("has an operator's shell that finds all well", async () => {
    const said = await operator('');
    expect(said).not.toMatch(/^failed/m);
    for (const name of ['database', 'redis', 'keystone', 'ceph', 'target default', 'target objects'])
      expect(said).toContain(`ok      ${name}`);
    secrets.hostKey = /^([0-9a-f]{64})$/m.exec(said)?.[1] ?? '';
    expect(secrets.hostKey).not.toBe('');
  }, 240_000);

  it('makes a compute host whose agent needs its rows, its key and libvirt', async () => {
    await compute.type(typed('sh', 'a compute host'), '', IDS);
    forgetAgent = await knownToLibvirt('rewind-agent', Number(IDS.IDS) + 2);
    const users = {
      "'rewind-agent'": `'${PEOPLE[1]}'`,
      "'rewind-gateway'": `'${PEOPLE[2]}'`,
      'mysql rewind': `mysql ${OWN}`,
    };
    const script = {
      ...users,
      "'%' identified by '…';\ngrant select (id, status, fence)": `'%' identified by '${secrets.agent}';\ngrant select (id, status, fence)`,
    };
    await byAdmin("the cloud's admin: MariaDB, users of agents and gateways", { ...script, '…': secrets.gateway });
    await settings(compute, typed('yaml', 'a compute host', { 'compute-1': 'lab' }));
    const given = `${secrets.hostKey}\n${urlOf(PEOPLE[1], secrets.agent)}\n`;
    await compute.type(typed('sh', 'a compute host: its secrets, and start'), given);
    await told(
      until('the agent', 120_000, async () => (await compute.logOf('rewind-agent')).includes('serves its host')),
    );
  }, 300_000);

  it("makes a gateway that reads the workers' target, and refuses strangers", async () => {
    await gateway.type(typed('sh', "the gateway's host"), '', IDS);
    await settings(gateway, typed('yaml', "the gateway's host", { '10.0.0.5': '127.0.0.1' }));
    const given = `${urlOf(PEOPLE[2], secrets.gateway)}\n`;
    await gateway.type(typed('sh', "the gateway's host: its secret, and start", { '10.0.0.5': '127.0.0.1' }), given);
    const answer = await told(
      until('the gateway', 120_000, () => fetch(`${URL_OF_GATEWAY}/disks/2/${'A'.repeat(43)}`).catch(() => undefined)),
    );
    expect(answer.status).toBe(403);
    // It listens where its drop-in says and nowhere else.
    await expect(fetch('http://[::1]:8791/')).rejects.toThrow();
    await expect(fetch('http://127.0.0.2:8791/')).rejects.toThrow();
  }, 300_000);

  it('backs a running server up at one instant', async () => {
    const body = { server_id: server.id, name: NAME, consistency: 'crash' };
    const made = await told(available(carryOut(rewind, demo, 'backup', body)));
    expect(made).toMatchObject({ consistency: 'crash', paused_ms: expect.any(Number) });
    backup = made;
  }, 300_000);

  it('brings a volume back, and one that is read through the gateway', async () => {
    const wanted = await contentOf(`${volumeImage(server.volume)}@rewind-b-${backup.id}`);
    for (const instant of [false, true]) {
      const body = {
        backup_id: backup.id,
        mode: 'volumes',
        disks: [server.volume],
        name: `${NAME}-back`,
        ...(instant ? { instant } : {}),
      };
      const restore = (await told(available(carryOut(rewind, demo, 'restore', body)))) as unknown as {
        volumes: { volume_id: string }[];
      };
      const [volume] = restore.volumes;
      expect(await contentOf(volumeImage(volume?.volume_id ?? ''))).toBe(wanted);
      await dropVolume(demo, volume?.volume_id ?? '');
    }
  }, 300_000);

  it('runs each role as its own user, without a capability or a way to one, and with no secret that others could read', async () => {
    const all = [
      ...Object.values(secrets),
      await controller.type('cat /etc/rewind/secrets/{manifest-key,host-secret}'),
    ];
    for (const [host, unit] of units()) {
      const pid = await host.processOf(unit);
      const status = await host.type(`cat /proc/${pid}/status`);
      const uid = (await host.type(`id -u ${unit}`)).trim();
      const of = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1];
      expect([of('Uid')?.split(/\s/)[0], of('CapEff'), of('CapBnd'), of('NoNewPrivs'), of('Seccomp')]).toEqual([
        uid,
        '0'.repeat(16),
        '0'.repeat(16),
        '1',
        '2',
      ]);
      expect(await host.type(`sed -n 's/^Max core file size *//p' /proc/${pid}/limits`)).toMatch(/^0 +0/);
      const seen = await host.type(
        'cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ | tr "\\0" "\\n"; cat /run/stand-in/*.log',
      );
      for (const one of all.flatMap((text) => text.split('\n')).filter(Boolean)) expect(seen).not.toContain(one);
    }
  }, 240_000);

  it('lets each role read its own secrets and nobody else’s, and write nothing but what is its own', async () => {
    const may = async (host: Host, unit: string, test: string, path: string, user = unit) =>
      (await host.as(user, unit, 'sh', '-c', `test ${test} ${path} && echo yes || echo no`)).trim() === 'yes';
    const matrix: Record<string, boolean[]> = {};
    const places = [
      '/etc/rewind/secrets/database-url',
      '/run/credentials/UNIT.service/database-url',
      '/etc/ceph/ceph.client.rewind.keyring',
      '/etc/rewind/targets/objects',
    ];
    for (const [host, unit] of units())
      matrix[unit] = await Promise.all(places.map((path) => may(host, unit, '-r', path.replace('UNIT', unit))));
    expect(matrix).toEqual({
      'rewind-api': [false, true, false, false],
      'rewind-worker': [false, true, true, true],
      'rewind-agent': [false, true, true, false],
      'rewind-gateway': [false, true, false, false],
    });
    for (const [unit, other] of [
      ['rewind-api', 'rewind-worker'],
      ['rewind-worker', 'rewind-api'],
    ] as const) {
      for (const name of ['database-url', 'keystone-password', 'manifest-key'])
        expect(await may(controller, unit, '-r', `/run/credentials/${other}.service/${name}`)).toBe(false);
      expect(await may(controller, unit, '-r', '/run/credentials/rewind-worker.service/manifest-key', 'nobody')).toBe(
        false,
      );
    }
    const writable: Record<string, boolean[]> = {};
    for (const [host, unit] of units())
      writable[unit] = await Promise.all(
        ['/mnt/backups', '/var/lib/rewind', '/var/lib/rewind-agent', '/opt/rewind', '/etc/rewind'].map((path) =>
          may(host, unit, '-w', path),
        ),
      );
    expect(writable).toEqual({
      'rewind-api': [false, false, false, false, false],
      'rewind-worker': [true, true, false, false, false],
      'rewind-agent': [false, false, true, false, false],
      'rewind-gateway': [false, false, false, false, false],
    });
  }, 240_000);

  it('has limits of memory that are far away, where this machine counts it', async () => {
    const peaks: Record<string, string> = {};
    for (const [host, unit] of units()) {
      const [group] = (await host.type(`cat /run/stand-in/${unit}.service.cgroup || true`)).split('\n');
      if (!group) continue;
      const [peak, limit] = (
        await host.type(
          `cd ${group}; cat memory.peak memory.max 2>/dev/null || cat memory.max_usage_in_bytes memory.limit_in_bytes`,
        )
      ).split('\n');
      peaks[unit] = `${Math.round(Number(peak) / 1024 ** 2)} MiB`;
      expect(Number(peak)).toBeLessThan(Number(limit) / 2);
    }
    process.stderr.write(`peaks of memory, cache included: ${JSON.stringify(peaks)}\n`);
  });
});
