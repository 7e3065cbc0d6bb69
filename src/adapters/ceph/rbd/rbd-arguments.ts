import { RewindError } from '../../../domain/errors.ts';
import { imageId, rbdName } from '../../../domain/names.ts';
import type { ImageRef } from '../../../domain/points/disk.ts';
import type { CephSettings } from '../ceph-settings.ts';

/**
 * `rbd` looks for pools, namespaces and snapshots inside its arguments, even in the value of `--image`, and takes
 * anything that begins with `--` for an option wherever it stands. So every name that becomes an argument must match a
 * grammar without `/`, `@` and a leading `-`.
 */
const POOL = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

export function poolArgument(pool: string): string {
  if (!POOL.test(pool)) throw new RewindError('internal.bad-name', 'A storage name was malformed.');
  return pool;
}

export const imageArgument = ({ pool, image }: ImageRef): string => `${poolArgument(pool)}/${rbdName(image)}`;

/** Arguments for an image of which only Ceph's id is known. */
export const imageIdArguments = (pool: string, id: string): string[] => [
  ...['--pool', poolArgument(pool)],
  ...['--image-id', imageId(id)],
];

export const snapArgument = (ref: ImageRef, snap: string): string => `${imageArgument(ref)}@${rbdName(snap)}`;

/** The `B` makes it bytes; without it they would be MiB. */
export function sizeArgument(bytes: number): string {
  if (Number.isSafeInteger(bytes) && bytes >= 0) return `${bytes}B`;
  throw new RewindError('internal.bad-size');
}

/** Our identity, and limits inside librados: otherwise it would wait for a dead OSD without end. */
export function commonArguments({ conf, user, opTimeoutSeconds }: CephSettings): string[] {
  const seconds = String(opTimeoutSeconds);
  return [
    ...['--conf', conf, '--id', user],
    ...['--rados-osd-op-timeout', seconds, '--rados-mon-op-timeout', seconds, '--client-mount-timeout', seconds],
  ];
}
