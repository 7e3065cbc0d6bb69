import { hasCode } from '../../domain/errors.ts';
import type { Debt, DebtKind } from '../../domain/operations/debt.ts';
import type { CloudItem } from '../../domain/operations/inventory-of-cloud.ts';
import type { Operation } from '../../domain/operations/operation.ts';
import type { Debts } from '../../ports/stores/debts.ts';
import type { Journal } from '../../ports/stores/journal.ts';
import type { LeftBehind } from '../../ports/stores/operations.ts';
import type { Policies } from '../../ports/stores/policies.ts';
import type { Turns } from '../../ports/stores/turns.ts';
import { GUARD } from '../../workflows/acts/volume-acts.ts';
import type { Holding } from '../../workflows/holdings/holding.ts';
import { holdingsOf } from '../../workflows/left-behind.ts';
import { keypairTurnOf } from '../../workflows/steps/server/keypair-turn.ts';
import type { World } from '../../workflows/world.ts';

export interface CloudInventoryParts {
  world: Pick<World, 'cloud'>;
  journal: Pick<Journal, 'load'>;
  leftBehind: LeftBehind;
  debts: Pick<Debts, 'list'>;
  policies: Pick<Policies, 'oldTrusts'>;
  turns: Pick<Turns, 'look'>;
}

/** Limit for one look. */
const MOST_OPERATIONS = 1_000;
const MOST_DEBTS = 100_000;

/** An operation whose leftovers nobody recorded, and those of them that are there. */
export interface Untold {
  operation: Operation;
  strangers: Holding[];
}

/**
 * What this installation has in Nova, Cinder, Neutron and Keystone. All of it is known from the database: what open
 * operations made and hold according to their journals (owned), debts, trusts of deleted policies (owed to Keystone),
 * and what operations left whose journals nobody read at their end (strangers: an earlier release ended them).
 */
export async function cloudInventory(parts: CloudInventoryParts): Promise<{ items: CloudItem[]; untold: Untold[] }> {
  const { leftBehind, debts, policies } = parts;
  const owned: CloudItem[] = [];
  for (const id of await leftBehind.open(MOST_OPERATIONS)) {
    const { operation, entries } = await parts.journal.load(id);
    for (const holding of holdingsOf({ operation, entries })) owned.push(...itemOf(operation, holding, 'owned'));
  }
  const owed = (await debts.list(MOST_DEBTS)).flatMap(itemOfDebt);
  const places = new Set([...owned, ...owed].map(({ place }) => place));
  const untold = await untoldOnes(parts);
  const strangers = untold
    .flatMap(({ operation, strangers }) => strangers.flatMap((one) => itemOf(operation, one, 'stranger')))
    .filter(({ place }) => !places.has(place));
  const trusts = (await policies.oldTrusts()).map(trustItem);
  return { items: [...owned, ...owed, ...strangers, ...trusts], untold };
}

async function untoldOnes(parts: CloudInventoryParts): Promise<Untold[]> {
  const found: Untold[] = [];
  for (const id of await parts.leftBehind.untold(MOST_OPERATIONS)) {
    const { operation, entries } = await parts.journal.load(id);
    const strangers: Holding[] = [];
    for (const holding of holdingsOf({ operation, entries }))
      if (!holding.undecided && (await isStillThere(parts, operation, holding))) strangers.push(holding);
    found.push({ operation, strangers });
  }
  return found;
}

const WHY: Record<CloudItem['standing'], string> = {
  owned: 'an operation is at it',
  debt: 'it is owed',
  stranger: 'its operation has ended',
};

function itemOf(operation: Operation, { what, id }: Holding, standing: CloudItem['standing']): CloudItem[] {
  if (id === null) return [];
  const { id: operation_id, project_id } = operation;
  return [{ what, place: `${what}/${id}`, id, project_id, operation_id, standing, why: WHY[standing] }];
}

/** For each kind, what it is about, and the field of the details that names it. */
const OF_DEBTS: Partial<Record<DebtKind, [what: CloudItem['what'], field: string]>> = {
  'remove-volume': ['volume', 'id'],
  'remove-server': ['server', 'id'],
  'remove-port': ['port', 'id'],
  'remove-security-group': ['security-group', 'id'],
  'remove-keypair': ['key-pair', 'name'],
  'unlock-server': ['lock', 'server_id'],
  'volume-status': ['guard', 'volume_id'],
  'open-port': ['closed-port', 'id'],
};

/** Nothing is known to exist of what was requested without an answer. */
function itemOfDebt({ kind, details, project_id, operation_id, reason, tries, code }: Debt): CloudItem[] {
  const [what, field] = OF_DEBTS[kind] ?? [];
  const id = (details as Record<string, unknown> | null)?.[field ?? ''];
  if (what === undefined || typeof id !== 'string' || code.endsWith('.debt.may-come')) return [];
  const why = tries > 0 ? `it is owed: ${reason}` : WHY.debt;
  return [{ what, place: `${what}/${id}`, id, project_id, operation_id, standing: 'debt', why }];
}

const trustItem = (id: string): CloudItem => ({
  ...{ what: 'trust', place: `trust/${id}`, id, project_id: null, operation_id: null },
  ...{ standing: 'debt', why: 'its policy is gone: Keystone is asked to remove it' },
});

/** If its project is gone, a thing that is looked at with the project's rights is gone too. */
async function isStillThere(...of: Parameters<typeof isThere>): Promise<boolean> {
  try {
    return await isThere(...of);
  } catch (error) {
    if (hasCode(error, 'openstack.no-role-in-project')) return false;
    throw error;
  }
}

async function isThere(
  { world, turns }: Pick<CloudInventoryParts, 'world' | 'turns'>,
  { id: operationId, project_id: project }: Operation,
  { what, id, owing }: Holding,
): Promise<boolean> {
  if (id === null) return false;
  const { compute, blockStorage, network } = world.cloud.admin;
  switch (what) {
    case 'volume': {
      const volume = await blockStorage.volume(id);
      return volume?.projectId === project && volume.attachments.length === 0;
    }
    case 'guard':
      return (await blockStorage.volume(id))?.status === GUARD;
    case 'server':
      return (await compute.serverState(id))?.projectId === project;
    case 'lock':
      return (await compute.serverState(id))?.lockedReason === (owing.details as { reason?: unknown }).reason;
    case 'port': {
      const port = await network.port(id);
      return port?.projectId === project && !port.deviceId;
    }
    case 'closed-port': {
      const port = await network.port(id);
      return port?.projectId === project && !port.adminStateUp;
    }
    case 'security-group':
      return (await world.cloud.tenant(project).network.securityGroup(id)) !== undefined;
    case 'key-pair':
      return (await turns.look(keypairTurnOf(id)))?.holder.startsWith(`${operationId}/`) ?? false;
  }
}
