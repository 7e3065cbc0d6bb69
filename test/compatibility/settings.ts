const GIB = 1024 ** 3;

/** Authenticates the manifests of all fixtures. */
export const MANIFEST_KEY = Buffer.alloc(32, 7);
export const ROOT_KEY_LINE = `2026-01 ${Buffer.alloc(32, 9).toString('hex')}`;

export const [POOL_OF_ROOTS, POOL_OF_VOLUMES] = ['vms', 'volumes'];

export const SETTINGS = {
  ...{ rootPool: POOL_OF_ROOTS, volumePool: POOL_OF_VOLUMES, snapshotPool: 'snapshots', volumeHosts: {} },
  ...{ disksInParallel: 1, zstdLevel: 1, compactRuns: 2, compactShare: 0.1, sweepGraceHours: 24, safetyHours: 24 },
  ...{ useTrash: false, rollbackMaxBytes: 2 * GIB, gatewayUrl: 'http://gateway', objectsInParallel: 2 },
  maxBytesPerSecond: 0,
};
