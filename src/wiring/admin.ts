import { createCeph } from '../adapters/ceph/ceph.ts';
import { checkRedis } from '../adapters/redis/check-redis.ts';
import { pingDatabase } from '../adapters/sql/open-database.ts';
import { readTargetInfo } from '../archive/target-info.ts';
import { readManifestKey } from '../config/manifest-key.ts';
import { asRewindError, RewindError } from '../domain/errors.ts';
import { deletedDisks } from '../jobs/sweep-deleted-disks.ts';
import type { Target } from '../ports/target.ts';
import { DEBTS_USAGE, showDebts } from './admin-debts.ts';
import { IMPORT_TARGET_USAGE, importTarget } from './admin-import-target.ts';
import { KEYS_USAGE, manageKeys } from './admin-keys.ts';
import { exportPoints, importPoints, POINTS_USAGE } from './admin-points.ts';
import { listPoints, RESCUE_USAGE, restoreDisk } from './admin-rescue.ts';
import { keyRingFrom } from './key-ring.ts';
import { leave } from './leave.ts';
import { refuse } from './run-process.ts';
import { recipeSettingsOf, targetsFrom } from './settings-of.ts';
import { makeShared, type Shared } from './shared.ts';

const MOST_ROWS = 200;
const USAGE = `usage: rewind admin check          tries everything this installation needs
       rewind admin operations     open operations of all projects; --all: the last ${MOST_ROWS} of any status
       rewind admin deleted        deleted volumes whose images are still in Ceph's trash because of us
${DEBTS_USAGE}${POINTS_USAGE}${IMPORT_TARGET_USAGE}${RESCUE_USAGE}${KEYS_USAGE}`;

/** The operator's shell. */
export async function runAdmin(args: readonly string[]): Promise<void> {
  const [command, ...rest] = args;
  // Whoever read it has gone, as `head` does.
  process.stdout.on('error', () => process.exit(1));
  const alone: Record<string, (rest: readonly string[]) => Promise<boolean>> = {
    points: listPoints,
    restore: restoreDisk,
  };
  const rescue = command === undefined ? undefined : alone[command];
  if (rescue) return leave((await rescue(rest).catch(refuse)) ? 0 : 1);
  const commands: Record<string, (shared: Shared, rest: readonly string[]) => Promise<boolean>> = {
    check,
    operations,
    deleted,
    debts: showDebts,
    export: exportPoints,
    import: importPoints,
    'import-target': importTarget,
    keys: manageKeys,
  };
  const run = command === undefined ? undefined : commands[command];
  if (!run) {
    process.stderr.write(USAGE);
    return leave(2);
  }
  const shared = await makeShared('admin').catch(refuse);
  const good = await run(shared, rest).catch(refuse);
  await shared.db.destroy();
  shared.openstack.close();
  return leave(good ? 0 : 1);
}

async function check({ config, db, openstack, log }: Shared): Promise<boolean> {
  const key = () => Buffer.from(readManifestKey(config.archive.manifestKeyFile).reveal(), 'hex');
  const ceph = createCeph(config.ceph);
  const targets = await targetsFrom(config);
  const trials: [string, () => Promise<unknown>][] = [
    ['database', () => pingDatabase(db)],
    ['redis', () => checkRedis(config.redis.url.reveal())],
    ['keystone', () => openstack.identity.validateToken('0'.repeat(32), false)],
    ['ceph', () => ceph.version()],
    [`pool ${config.ceph.pools.root}`, () => ceph.listImages(config.ceph.pools.root)],
    [`pool ${config.ceph.pools.volumes}`, () => ceph.listImages(config.ceph.pools.volumes)],
    [`pool ${config.ceph.pools.snapshots}`, () => ceph.listImages(config.ceph.pools.snapshots)],
    ['manifest key', async () => key()],
    ['encryption keys', () => keyRingFrom(config, key())],
    ...targets.names.map((name): [string, () => Promise<unknown>] => [
      `target ${name}`,
      async () => marked(targets.get(name), key()),
    ]),
  ];
  let good = true;
  for (const [name, trial] of trials) {
    try {
      await trial();
      say(`ok      ${name}`);
    } catch (error) {
      good = false;
      const known = asRewindError(error);
      say(`failed  ${name}: ${known.message} [${known.code}]${known.hint ? `\n        ${known.hint}` : ''}`);
      log.debug('check failed', { name, err: error });
    }
  }
  return good;
}

/** A mounted target that was ever used has its mark. */
async function marked(target: Target, key: Uint8Array): Promise<void> {
  if (await readTargetInfo(target, key)) return;
  throw new RewindError('target.not-marked', 'It has no mark: it was never used, or it is not mounted.', {
    fault: 'errored',
  });
}

async function operations({ operations: store }: Shared, rest: readonly string[]): Promise<boolean> {
  const open = { field: 'status', op: 'in' as const, values: ['queued', 'running'] };
  const filters = rest.includes('--all') ? [] : [open];
  const rows = await store.list({
    projectId: null,
    filters,
    sort: [{ field: 'created_at', descending: true }],
    limit: MOST_ROWS,
    marker: null,
  });
  for (const one of rows) {
    const why = one.failure ? `  ${one.failure.code}: ${one.failure.reason}` : '';
    say(
      `${one.id}  ${one.workflow.padEnd(20)} ${one.status.padEnd(9)} ${String(one.progress).padStart(3)}%  project ${one.project_id}  ${one.created_at}${why}`,
    );
  }
  if (rows.length === 0) say('none');
  return true;
}

/** What Cinder deleted and Ceph still holds: a way back for some time, and space that nobody sees. */
async function deleted({ config, openstack }: Shared): Promise<boolean> {
  const world = { ceph: createCeph(config.ceph), cloud: openstack, settings: recipeSettingsOf(config) };
  const disks = await deletedDisks(world);
  for (const { pool, id, volumeId, deletedAtMs, keptFor } of disks) {
    const since = new Date(deletedAtMs).toISOString();
    say(
      `${pool}/${id}  volume ${volumeId}  deleted ${since}  ${keptFor === null ? 'goes by itself' : `kept for ${keptFor}`}`,
    );
  }
  if (disks.length === 0) say('none');
  return true;
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);
