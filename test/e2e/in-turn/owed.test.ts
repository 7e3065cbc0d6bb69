import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { type BadNetwork, badNetwork, type Fault } from '../../world/bad-network.ts';
import {
  type BlankServer,
  bootBlankServer,
  dropBlankServer,
  dropVolume,
  dropVolumesNamed,
  volumeImage,
  writeImage,
} from '../../world/lab/blank-server.ts';
import { contentOf } from '../../world/lab/content.ts';
import { until } from '../../world/lab/lab.ts';
import { available, carryOut, type Installation, install } from '../../world/lab/rewind.ts';
import { attach, createVolume, logIn, must, showServer, showVolume, type Tenant } from '../../world/lab/tenant.ts';

jest.setTimeout(300_000);
const PREFIX = 'e2e-owed';
const ROOT_MIB = 16;
const DEBTS_PAID_MS = 240_000;

interface Item {
  what: string;
  id: string;
  standing: string;
  operation_id: string | null;
}

let demo: Tenant;
let rewind: Installation;
let nova: BadNetwork;
let cinder: BadNetwork;
let server: BlankServer;
let data: string;
let backup: string;

beforeAll(async () => {
  [demo, nova, cinder] = await Promise.all([
    logIn('demo'),
    badNetwork('http://127.0.0.1:8774'),
    badNetwork('http://127.0.0.1:8776'),
  ]);
  rewind = install();
  rewind.start('api');
  rewind.start('worker', {
    REWIND_WORKER_RETRY_SECONDS: '5',
    REWIND_KEYSTONE_ENDPOINT_OVERRIDES: JSON.stringify({
      compute: `${nova.url}/v2.1`,
      'block-storage': `${cinder.url}/v3`,
    }),
  });
  [server, data] = await Promise.all([
    bootBlankServer(demo, PREFIX, ROOT_MIB),
    createVolume(demo, `${PREFIX}-data`),
    rewind.ready(),
  ]);
  await writeImage(volumeImage(data), [{ at: 1, length: 1 }]);
  await attach(demo, server.id, data);
  backup = (await available(carryOut(rewind, demo, 'backup', { server_id: server.id }))).id;
});

// What a failed run has not paid.
afterAll(async () => {
  for (const network of [nova, cinder]) network?.reset();
  if (rewind)
    await until('everything paid', DEBTS_PAID_MS, async () => (await due()).length === 0).catch(() => undefined);
});
afterAll(() => dropBlankServer(demo, server));
afterAll(() => dropVolume(demo, data));
afterAll(() => dropVolumesNamed(demo, PREFIX));
afterAll(() => rewind?.end());
afterAll(() => Promise.all([nova?.close(), cinder?.close()]));

const refused: Fault = { status: 503, code: 'Away' };
const conflict: Fault = { status: 409, code: 'Busy' };
const changes = (line: string) => !line.startsWith('GET ');

async function rows<T>(...args: string[]): Promise<T[]> {
  const { code, stdout, stderr } = await rewind.admin(...args, '--json');
  if (code !== '0') throw new Error(`rewind admin ${args.join(' ')} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout) as T[];
}

const owed = async (operation: string) =>
  (await rows<Item>('inventory')).filter((item) => item.operation_id === operation && item.standing === 'debt');
/** Of what may still come nothing is there. */
const due = async () =>
  (await rows<{ operation_id: string | null; code: string }>('debts')).filter(
    ({ code }) => code !== 'vm-backup.debt.may-come',
  );
const isPaid = (operation: string) =>
  until('the debts paid', DEBTS_PAID_MS, async () => (await due()).every((debt) => debt.operation_id !== operation));

test('a restore that is done while Nova and Cinder refuse everything ends; lock and guard go as soon as they can', async () => {
  const before = await contentOf(volumeImage(data));
  await writeImage(volumeImage(data), [{ at: 2, length: 1 }]);
  let guards = 0;
  const away = () => guards >= 2;
  cinder.decide = (_number, line) => {
    const fault = away() && changes(line) ? refused : 'pass';
    // The guards of both volumes are the first that is changed: what comes after them is refused.
    if (/^POST .*\/volumes\/[^/]+\/action/.test(line)) guards += 1;
    return fault;
  };
  nova.decide = (_number, line) => (away() && changes(line) ? refused : 'pass');
  const restore = await carryOut(rewind, demo, 'restore', {
    backup_id: backup,
    mode: 'in_place',
    server_id: server.id,
  });
  expect(restore.status).toBe('error');
  expect(await showServer(demo, server.id)).toMatchObject({ status: 'SHUTOFF', locked: true });
  expect(await showVolume(demo, data)).toMatchObject({ status: 'maintenance' });
  const items = (await owed(restore.operation_id)).map(({ what, id }) => [what, id]).sort();
  const guarded = [data, server.volume].sort().map((id) => ['guard', id]);
  expect(items).toEqual([...guarded, ['lock', server.id]]);
  nova.reset();
  cinder.reset();
  await isPaid(restore.operation_id);
  expect(await showServer(demo, server.id)).toMatchObject({ locked: false });
  expect(await showVolume(demo, data)).toMatchObject({ status: 'in-use' });
  expect(await contentOf(volumeImage(data))).toEqual(before);
  expect(await owed(restore.operation_id)).toEqual([]);
});

test('a volume of which nobody was told that it was made, and that cannot be removed, goes later', async () => {
  const volumes = async () => {
    const { volumes } = await must<{ volumes: { id: string; metadata: Record<string, string> }[] }>(
      demo.call('volume', 'GET', '/volumes/detail'),
    );
    return volumes;
  };
  let lost = false;
  cinder.decide = (_number, line) => {
    if (!changes(line)) return 'pass';
    if (lost) return conflict;
    lost = true;
    return 'lose-answer';
  };
  const restore = await carryOut(rewind, demo, 'restore', {
    ...{ backup_id: backup, mode: 'volumes', disks: [data] },
  });
  expect(restore.status).toBe('error');
  const ours = async () =>
    (await volumes()).filter(({ metadata }) => metadata.rewind_operation_id === restore.operation_id);
  expect(await ours()).toHaveLength(1);
  const left = (await due()).filter((debt) => debt.operation_id === restore.operation_id);
  expect(left).toMatchObject([{ kind: 'remove-volume' }]);
  cinder.reset();
  await isPaid(restore.operation_id);
  expect(await ours()).toEqual([]);
});
