import { randomUUID } from 'node:crypto';
import type { ImageRef } from '../../src/domain/disk.ts';

/** A pool for experiments in the lab. */
export const POOL = 'snapshots';
export const MIB = 2 ** 20;
export const SETTINGS = { conf: '/etc/ceph/ceph.conf', user: 'rewind', opTimeoutSeconds: 20, stallSeconds: 60 };

/** A name that nobody has, and that says whose leftover it is; the image is not there yet. */
export const freshRef = (): ImageRef => ({ pool: POOL, image: `rewind-test-${randomUUID()}` });
