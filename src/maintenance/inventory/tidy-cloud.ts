import { fullCode } from '../../domain/errors.ts';
import { type CloudItem, countStandings } from '../../domain/operations/inventory-of-cloud.ts';
import type { Debts } from '../../ports/stores/debts.ts';
import type { Clock, Log } from '../../ports/system.ts';
import { type CloudInventoryParts, cloudInventory } from './cloud-inventory.ts';

export interface TidyCloudParts extends CloudInventoryParts {
  debts: Pick<Debts, 'list' | 'record'>;
  clock: Clock;
  log: Log;
  /** What belongs to nobody becomes a debt this long after its operation ended. */
  graceHours: number;
}

/**
 * Leftovers of operations whose end nobody recorded: the lock that carries our secret, and the key pair that carries
 * our turn, can only be ours. Things that were made may be in use by now, and a status has no mark: these are shown,
 * and an operator decides.
 */
const SURELY_OURS: readonly CloudItem['what'][] = ['lock', 'key-pair'];

const MS_PER_HOUR = 3_600_000;

/**
 * One look at what is ours in the other services. What belongs to nobody and is surely ours becomes a debt after the
 * grace time; its payment looks once more. Resolves to the number of items in each state.
 */
export async function tidyCloud(parts: TidyCloudParts): Promise<Record<string, number>> {
  const { leftBehind, debts, clock, log, graceHours } = parts;
  const { items, untold } = await cloudInventory(parts);
  const longAgo = new Date(clock.now() - graceHours * MS_PER_HOUR).toISOString();
  const over = untold.filter(({ operation }) => (operation.finished_at ?? '') <= longAgo);
  for (const { operation, strangers } of over) {
    for (const { what, id, owing } of strangers.filter((one) => SURELY_OURS.includes(one.what))) {
      log.info('belongs to nobody, is owed from now on', { what, id, operation_id: operation.id });
      await debts.record({
        ...owing,
        ...{ project_id: operation.project_id, operation_id: operation.id, code: fullCode('debt.left-over') },
        reason: 'Its operation ended, and nobody took it back.',
      });
    }
  }
  const done = over.filter(({ strangers }) => strangers.every(({ what }) => SURELY_OURS.includes(what)));
  await leftBehind.told(done.map(({ operation }) => operation.id));
  return countStandings(items);
}
