import { randomUUID } from 'node:crypto';
import type { ImageRef } from '../../src/domain/disk.ts';

/** A pool for experiments in the lab; names of tests begin alike, so that leftovers are seen. */
export const POOL = 'snapshots';
export const PREFIX = 'rewind-test-';
export const MIB = 2 ** 20;
export const SETTINGS = { conf: '/etc/ceph/ceph.conf', user: 'rewind', opTimeoutSeconds: 20, stallSeconds: 60 };

/** A name that nobody has; the image is not there yet. */
export const freshRef = (): ImageRef => ({ pool: POOL, image: `${PREFIX}${randomUUID()}` });
