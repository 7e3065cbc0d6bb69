import { hostname } from 'node:os';
import { createMemoryImages } from '../adapters/ceph/memory-images.ts';
import { createCeph } from '../adapters/ceph/rbd-ceph.ts';
import { createMemoryHypervisor } from '../adapters/libvirt/domain-memory.ts';
import { createGuestClock } from '../adapters/libvirt/libvirt-guest-clock.ts';
import { createHypervisor } from '../adapters/libvirt/virsh.ts';
import { createMemoryStores } from '../adapters/memory/memory-stores.ts';
import { heldDomainsIn } from '../adapters/system/held-domain-files.ts';
import { readHostKey } from '../config/host-keys.ts';
import { hostJobs } from '../delivery/host-jobs.ts';
import type { HostRequest } from '../domain/operations/host-request.ts';
import { otherRelease } from '../domain/operations/host-seal.ts';
import type { Instant } from '../domain/points/instant.ts';
import type { MemoryRestored, SavedMemory } from '../domain/points/memory-point.ts';
import { guestClocks } from '../instant/guest-clocks.ts';
import { heldWatch } from '../instant/held-watch.ts';
import { type MemoryRestorer, memoryRestorer } from '../instant/load-memory.ts';
import { refuseForeign } from '../instant/refuse-foreign.ts';
import { takeInstant } from '../instant/take-instant.ts';
import { type TakeMemoryParts, takeMemory } from '../instant/take-memory.ts';
import { runJobs } from '../periodic/periodic-job.ts';
import { boundaryFromEnvironment } from './boundary-from-environment.ts';
import type { Running } from './running.ts';
import type { AgentParts, Shared } from './shared.ts';
import { databaseCheck, tellStatus } from './status.ts';

/** A call of the hypervisor must end well before the guard steps in. */
const CALL_SHARE = 0.5;

/** The process that creates the tables may start at the same time. */
const TABLES_LIMIT_MS = 60_000;
const TABLES_LOOK_MS = 1_000;

/** The agent of a compute host: holds servers still for the moment of a snap, and releases them. */
export async function startAgent(shared: AgentParts | Shared): Promise<Running> {
  const { config, clock, hostRequests } = shared;
  const host = config.agent.host ?? hostname();
  const log = shared.log.with({ host });
  const { libvirtUri: uri, holdSeconds, freezeSeconds, heldFolder } = config.agent;
  const libvirt = { uri, callSeconds: callSeconds(holdSeconds) };
  const hypervisor = createHypervisor({ ...libvirt, freezeSeconds });
  const held = heldDomainsIn(heldFolder);
  const hands = new Set<string>();
  const clocks = guestClocks({ hypervisor, guestClock: createGuestClock(libvirt), held, hands, clock, log });
  // Comes first, before anything can fail.
  const watch = heldWatch({ hypervisor, held, hands, clocks, clock, log });
  await watch.begin();
  const shutdown = new AbortController();
  const watchingHeld = watch.run(shutdown.signal);
  const key = readHostKey(config, host);
  const { conf, user, opTimeoutSeconds, stallSeconds } = config.ceph;
  const ceph = createCeph({ conf, user, opTimeoutSeconds, stallSeconds });
  const place = boundaryFromEnvironment(process.env.REWIND_FAULT_DIR);
  const boundary = (at: string) => place('take-instant', 'agent', at);
  const holding = { hypervisor, held, hands, clocks, clock, log, freezeSeconds, boundary };
  const parts = { ...holding, ceph, hardLimitSeconds: holdSeconds };
  const { memoryHoldSeconds: memoryLimitSeconds, memoryStore: wanted, memoryFolder: folder } = config.agent;
  const images = createMemoryImages(config.ceph);
  const stores = await createMemoryStores({ wanted, folder, images, conf, user, log });
  await stores.sweep();
  const memory = createMemoryHypervisor({ ...libvirt, saveSeconds: memoryLimitSeconds });
  const restorer = memoryRestorer({ hypervisor, memory, images, stores, clocks, clock, log, boundary });
  const jobs = hostJobs({
    host,
    key,
    requests: hostRequests,
    async perform(request) {
      await refuseForeign({ hypervisor, memory }, request);
      return perform({ ...parts, memory, images, stores, memoryLimitSeconds }, restorer, request);
    },
    clock,
    log,
  });
  await whenThereAreTables(shared, () => jobs.abandonTaken());
  const running = { clock, log, observe: shared.metrics.jobLooked };
  const watching = runJobs([jobs.job], running, shutdown.signal);
  const status = await tellStatus(
    { host: config.status.host, port: config.status.agentPort },
    {
      ...{ clock, log, metrics: shared.metrics },
      health: [databaseCheck(shared.db)],
    },
  );
  log.info('the agent serves its host');
  return {
    async drain() {
      shutdown.abort();
      await Promise.all([watching, watchingHeld]);
      await status.drain();
      await restorer.close();
    },
  };
}

async function whenThereAreTables({ clock, log }: Pick<Shared, 'clock' | 'log'>, act: () => Promise<void>) {
  const until = clock.monotonic() + TABLES_LIMIT_MS;
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (clock.monotonic() > until) throw error;
      log.warn('the database does not answer as it should, trying again', { err: error });
    }
    await clock.sleep(TABLES_LOOK_MS);
  }
}

const callSeconds = (holdSeconds: number): number => Math.max(2, Math.floor(holdSeconds * CALL_SHARE));

function perform(
  parts: TakeMemoryParts,
  restorer: MemoryRestorer,
  request: HostRequest['request'],
): Promise<Instant | SavedMemory | MemoryRestored> {
  if (!('what' in request)) return takeInstant(parts, request);
  if (request.what === 'take-memory') return takeMemory(parts, request);
  if (request.what === 'stage-memory') return restorer.stage(request);
  if (request.what === 'restore-memory') return restorer.restore(request);
  throw otherRelease('The worker asks for what this agent does not know.', false);
}
