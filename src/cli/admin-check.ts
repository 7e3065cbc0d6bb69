import { createCeph } from '../adapters/ceph/rbd-ceph.ts';
import { checkRedis } from '../adapters/redis/check-redis.ts';
import { pingDatabase } from '../adapters/sql/database/open-database.ts';
import { readTargetInfo } from '../archive/manifests/target-info.ts';
import { readManifestKey } from '../config/manifest-key.ts';
import { asRewindError, RewindError } from '../domain/errors.ts';
import type { Target } from '../ports/target.ts';
import { keyRingFrom } from '../wiring/key-ring.ts';
import { targetsFrom } from '../wiring/settings-of.ts';
import type { Shared } from '../wiring/shared.ts';
import { otherInstallations } from './admin-inventory.ts';
import type { Given } from './command-line/command.ts';

/** Tries everything that this installation needs. False: something failed. */
export async function check(
  { config, db, erasures, openstack, ownNames, log }: Shared,
  { out }: Given,
): Promise<boolean> {
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
    ['encryption keys', () => keyRingFrom(config, key(), erasures)],
    ...targets.names.map((name): [string, () => Promise<unknown>] => [
      `target ${name}`,
      async () => marked(targets.get(name), key()),
    ]),
  ];
  let good = true;
  for (const [name, trial] of trials) {
    try {
      await trial();
      out.row({ name, ok: true }, `ok      ${name}`);
    } catch (error) {
      good = false;
      const known = asRewindError(error);
      const { code, message: reason, hint = null } = known;
      const line = `failed  ${name}: ${reason} [${code}]${hint ? `\n        ${hint}` : ''}`;
      out.row({ name, ok: false, code, reason, hint }, line);
      log.debug('check failed', { name, err: error });
    }
  }
  for (const id of await otherInstallations({ config, ownNames }).catch(() => []))
    out.row({ name: 'another installation', id }, `note    another installation works on this Ceph: ${id}`);
  return good;
}

/**
 * A mounted target that was used before has its mark; it must take and keep what is written, and refuse what it should.
 */
async function marked(target: Target, key: Uint8Array): Promise<void> {
  if (await readTargetInfo(target, key)) return target.probe();
  throw new RewindError('target.not-marked');
}
