import { randomUUID } from 'node:crypto';
import { rootKeyFile } from '../../src/adapters/keys/root-key-file.ts';
import { migrate } from '../../src/adapters/sql/database/migrate.ts';
import { openDatabase } from '../../src/adapters/sql/database/open-database.ts';
import { sqlDebts } from '../../src/adapters/sql/operations/sql-debts.ts';
import { sqlHostRequests } from '../../src/adapters/sql/operations/sql-host-requests.ts';
import { sqlJournal } from '../../src/adapters/sql/operations/sql-journal.ts';
import { sqlOperations } from '../../src/adapters/sql/operations/sql-operations.ts';
import { sqlCatalogue } from '../../src/adapters/sql/points/sql-catalogue.ts';
import { sqlMessages } from '../../src/adapters/sql/policies/sql-messages.ts';
import { sqlPolicies } from '../../src/adapters/sql/policies/sql-policies.ts';
import { sqlQuotas } from '../../src/adapters/sql/policies/sql-quotas.ts';
import { sqlCondemnedRuns } from '../../src/adapters/sql/targets/sql-condemned-runs.ts';
import { sqlManifestCopies } from '../../src/adapters/sql/targets/sql-manifest-copies.ts';
import { sqlOwnNames } from '../../src/adapters/sql/targets/sql-own-names.ts';
import { sqlServedDisks } from '../../src/adapters/sql/targets/sql-served-disks.ts';
import { sqlTargetReports } from '../../src/adapters/sql/targets/sql-target-reports.ts';
import { sqlVerifyShares } from '../../src/adapters/sql/targets/sql-verify-shares.ts';
import { sqlTurns } from '../../src/adapters/sql/workers/sql-turns.ts';
import { DirectoryTarget } from '../../src/adapters/target/directory/directory-target.ts';
import { targetsOf } from '../../src/adapters/target/targets.ts';
import { projectKeys } from '../../src/archive/keys/project-keys.ts';
import type { Manifest, RunRef } from '../../src/archive/manifests/manifest.ts';
import { manifestsOfServer } from '../../src/archive/manifests/manifests.ts';
import { ensureTargetInfo, readTargetInfo } from '../../src/archive/manifests/target-info.ts';
import { openChain } from '../../src/archive/runs/chain.ts';
import { restoreStream } from '../../src/archive/runs/restore-stream.ts';
import { verifyRun } from '../../src/archive/runs/verify-run.ts';
import { queuedOperation } from '../../src/domain/operations/queued-operation.ts';
import { tokenHash } from '../../src/domain/targets/served-disk.ts';
import type { HostAgents } from '../../src/ports/host-agents.ts';
import type { NewOperation } from '../../src/ports/stores/operations.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { type Engine, executeOperation } from '../../src/workflow-engine/execute-operation.ts';
import { oweLeft } from '../../src/workflows/left-behind.ts';
import { workflows } from '../../src/workflows/recipes.ts';
import type { World } from '../../src/workflows/world.ts';
import type { MemoryCloud } from '../world/memory-cloud.ts';
import { silentLog } from '../world/silent-log.ts';
import { SparseCeph } from '../world/sparse-ceph.ts';
import type { RecordedClock } from './recorded-clock.ts';
import { MANIFEST_KEY, SETTINGS } from './settings.ts';

export { manifestObject } from '../../src/archive/format/layout.ts';
export { keysOfProject as keysOfTarget } from '../../src/archive/keys/keys-of-project.ts';
export { queuedOperation, readTargetInfo, verifyRun, workflows };

/** What of a release is needed to record fixtures and to go on with them: the one file that knows where its parts lie. */
export async function openRelease({ database, folder, keyFile, clock }: ReleaseOptions) {
  const db = openDatabase(database);
  await migrate(db);
  const targets = targetsOf(
    ['first', 'second'].map((name) => new DirectoryTarget(name, `${folder}/${name}`)),
    'first',
  );
  for (const name of targets.names) await ensureTargetInfo(targets.get(name), MANIFEST_KEY, randomUUID);
  const ids = { uuid: () => randomUUID() };
  const keysOf = (encrypt: boolean) =>
    projectKeys({ rootKeys: rootKeyFile(keyFile), manifestKey: MANIFEST_KEY, encrypt, ids, clock });
  const rings = { plain: keysOf(false), sealed: keysOf(true) };
  const stores = {
    operations: sqlOperations(db, clock),
    journal: sqlJournal(db, clock),
    catalogue: sqlCatalogue(db, clock),
    hostRequests: sqlHostRequests(db, clock),
    condemnedRuns: sqlCondemnedRuns(db),
    manifestCopies: sqlManifestCopies(db),
    messages: sqlMessages(db),
    policies: sqlPolicies(db, clock),
    quotas: sqlQuotas(db),
    servedDisks: sqlServedDisks(db),
    targetReports: sqlTargetReports(db),
    turns: sqlTurns(db),
    verifyShares: sqlVerifyShares(db, clock),
    debts: sqlDebts(db, clock),
    ownNames: sqlOwnNames(db, ids),
  };
  /** A disk as its runs restore it; `toSnap` left out: whatever the newest run ends with. */
  const contentOf = async ({ target: name, runs, sizeBytes, toSnap }: DiskOnTarget) => {
    const [target, keys] = [targets.get(name), rings.plain];
    const end = toSnap ?? (await openChain(target, runs, keys))[0]?.summary.to_snap ?? '';
    const { signal } = new AbortController();
    const ceph = new SparseCeph();
    ceph.put('pool/disk', sizeBytes);
    const stream = restoreStream({ runs, sizeBytes, toSnap: end, target, keys, signal });
    await ceph.ceph.importDiff({ pool: 'pool', image: 'disk' }, stream, signal);
    return ceph;
  };
  const serve = async (url: string) => {
    const disk = await stores.servedDisks.find(tokenHash(url.slice(url.lastIndexOf('/') + 1)));
    if (!disk) return undefined;
    const runs = disk.runs as RunRef[];
    const content = await contentOf({ target: disk.target, runs, sizeBytes: disk.size_bytes });
    await content.ceph.growImage({ pool: 'pool', image: 'disk' }, disk.virtual_bytes);
    return content.read('pool/disk');
  };
  const metrics = createMetrics();
  const worldOf = ({ ceph, cloud, hosts, environment, sealed }: Surroundings): World => ({
    ...stores,
    ...{ ceph: ceph.ceph, hosts, targets, clock, manifestKey: MANIFEST_KEY, keys: rings[sealed ? 'sealed' : 'plain'] },
    cloud: { tenant: () => cloud.hands, admin: cloud.hands, environment: async () => environment as never },
    settings: SETTINGS,
    release: 'recorded',
  });
  return {
    ...{ db, targets, keys: rings.plain, ...stores, serve, contentOf },
    /** All of a server on a target, as they are after every check. */
    async manifests(target: string, place: { projectId: string; serverId: string }): Promise<Manifest[]> {
      const found = await Array.fromAsync(manifestsOfServer(targets.get(target), MANIFEST_KEY, place));
      return found.map((one) => {
        if ('error' in one) throw one.error;
        return one.manifest;
      });
    },
    record: (entry: Omit<NewOperation, 'holds'>, held: string) =>
      stores.operations.record({ ...entry, holds: [{ thing: held, exclusive: true }] }),
    /** One claim of an operation, in its world. */
    async execute(
      operationId: string,
      surroundings: Surroundings,
      boundary: (place: string) => void = () => undefined,
    ) {
      const world = worldOf(surroundings);
      const engine: Engine<World> = {
        ...{ workflows, worldOf: () => world, journal: stores.journal, clock, log: silentLog, worker: 'worker-1' },
        ...{ leaseMs: 60_000_000, retry: { budgetMs: 5_000, deadlineMs: 24 * 3_600_000 }, left: oweLeft, metrics },
        boundary: (_workflow, key, place) => boundary(`${key}:${place}`),
      };
      const fields = ['id', 'fence', 'beat', 'worker'] as const;
      const seen = await db
        .selectFrom('operations')
        .select(fields)
        .where('id', '=', operationId)
        .executeTakeFirstOrThrow();
      return executeOperation(engine, seen as never, new AbortController().signal);
    },
    close: () => db.destroy(),
  };
}

export type Release = Awaited<ReturnType<typeof openRelease>>;

export interface ReleaseOptions {
  /** URL. */
  database: string;
  /** With a folder for each target. */
  folder: string;
  keyFile: string;
  clock: RecordedClock;
}

export interface DiskOnTarget {
  target: string;
  /** Newest first. */
  runs: readonly RunRef[];
  sizeBytes: number;
  toSnap?: string;
}

/** What one operation acts on, beside database and targets. */
export interface Surroundings {
  ceph: SparseCeph;
  cloud: MemoryCloud;
  hosts: HostAgents;
  environment: object;
  /** New runs are encrypted. */
  sealed: boolean;
}
