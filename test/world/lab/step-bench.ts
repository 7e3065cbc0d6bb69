import { randomUUID } from 'node:crypto';
import { createCeph } from '../../../src/adapters/ceph/rbd-ceph.ts';
import { createOpenStack } from '../../../src/adapters/openstack/cloud.ts';
import { migrate } from '../../../src/adapters/sql/database/migrate.ts';
import { openDatabase } from '../../../src/adapters/sql/database/open-database.ts';
import { sqlHostRequests } from '../../../src/adapters/sql/operations/sql-host-requests.ts';
import { sqlJournal } from '../../../src/adapters/sql/operations/sql-journal.ts';
import { sqlOperations } from '../../../src/adapters/sql/operations/sql-operations.ts';
import { systemClock as clock } from '../../../src/adapters/system/clock.ts';
import { readHostSecret } from '../../../src/config/host-keys.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import { askHost } from '../../../src/delivery/ask-host.ts';
import { hostKeyOf } from '../../../src/domain/operations/host-seal.ts';
import type { Operation } from '../../../src/domain/operations/operation.ts';
import { queuedOperation } from '../../../src/domain/operations/queued-operation.ts';
import { cloudConfigOf } from '../../../src/wiring/cloud-config.ts';
import { recipeSettingsOf } from '../../../src/wiring/settings-of.ts';
import type { StepContext } from '../../../src/workflow-engine/step.ts';
import type { World } from '../../../src/workflows/world.ts';
import { ownNamesInMemory } from '../own-names-in-memory.ts';
import { silentLog } from '../silent-log.ts';
import { sleep } from './lab.ts';
import type { Installation } from './rewind.ts';
import type { Tenant } from './tenant.ts';

const HOURS_OF_A_DAY = 24;

/** Single steps against the real thing, under a claimed operation of this installation, without a worker. */
export interface StepBench {
  context: StepContext<World>;
  /** `undefined`: nobody stands at a boundary. */
  atBoundary: ((place: string) => void) | undefined;
  close(): Promise<void>;
}

export async function stepBench(rewind: Installation, who: Tenant): Promise<StepBench> {
  const config = loadConfig(rewind.env);
  const db = openDatabase(config.database.url.reveal());
  await migrate(db);
  const journal = sqlJournal(db, clock);
  const operation = anOperation(who);
  await sqlOperations(db, clock).record({ operation, holds: [] });
  const [seen] = await journal.openOperations();
  const fence = seen && (await journal.claim(seen, 'step-bench'));
  if (!fence) throw new Error('the operation could not be claimed');
  const hostSecret = readHostSecret(config);
  const cloud = createOpenStack(cloudConfigOf(config), { clock, log: silentLog });
  const ids = { uuid: () => randomUUID() };
  const world = {
    ceph: createCeph(config.ceph),
    ownNames: ownNamesInMemory(),
    cloud,
    hosts: askHost({ requests: sqlHostRequests(db, clock), keyOf: (host) => hostKeyOf(hostSecret, host), clock, ids }),
    clock,
    settings: recipeSettingsOf(config),
  } as unknown as World;
  const bench: StepBench = {
    atBoundary: undefined,
    context: {
      world,
      operation,
      fence,
      signal: new AbortController().signal,
      mark: randomUUID(),
      begunBefore: () => false,
      noted: () => undefined,
      note: async () => {},
      log: silentLog,
      proveLease: async () => {},
      progress: { total() {}, add() {} },
      boundary: (place) => bench.atBoundary?.(place),
      async waitFor(look, limitMs, late) {
        for (const until = Date.now() + limitMs; ; await sleep(200)) {
          const found = await look();
          if (found !== undefined) return found;
          if (Date.now() > until) throw late();
        }
      },
    },
    async close() {
      cloud.close();
      await db.destroy();
    },
  };
  return bench;
}

function anOperation(who: Tenant): Operation {
  const plan = { workflow: 'create-backup/1', projectId: who.projectId, resourceType: 'backup', input: {} } as const;
  const asker = { userId: who.userId, requestId: `req-${randomUUID()}`, globalRequestId: null };
  return queuedOperation({ id: randomUUID(), resourceId: randomUUID(), ...plan }, asker, Date.now(), HOURS_OF_A_DAY);
}
