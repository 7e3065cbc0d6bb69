import { hasCode, RewindError } from '../../../domain/errors.ts';
import type { Difference } from '../../../domain/points/new-server-plan.ts';
import type { Networking, SecurityGroup } from '../../../ports/server-making.ts';
import type { StepContext } from '../../../workflow-engine/step.ts';
import { ask, lateEffect, madeId } from '../../acts/ask.ts';
import { markText } from '../../acts/marks.ts';
import { recordedServer, unlessGone } from '../../lookups/recorded-server-of.ts';
import type { PointRef } from '../../lookups/restore-source.ts';
import type { RecipeStep, World } from '../../world.ts';

export interface CreateGroupInput {
  point: PointRef;
  recordedId: string;
}

export interface MadeGroup {
  recordedId: string;
  groupId: string;
  differences: Difference[];
}

const networkOf = ({ world, operation }: StepContext<World>): Networking =>
  world.cloud.tenant(operation.project_id).network;

/**
 * Until the end, our groups say in their description that they are ours: this finds one whose creation was not
 * recorded.
 */
const ours = (context: StepContext<World>, recordedId: string): Promise<SecurityGroup[]> =>
  networkOf(context).groupsDescribed(markText(context, recordedId));

/** Makes a missing security group again, with its rules. */
export const createSecurityGroup: RecipeStep<CreateGroupInput, MadeGroup> = {
  name: 'create-security-group',
  async act(context, { point, recordedId }) {
    const network = networkOf(context);
    const server = await recordedServer(context, point);
    const recorded = server.securityGroups.find((group) => group.id === recordedId);
    if (!recorded) throw new RewindError('internal', 'A security group was lost on the way.');
    const description = markText(context, recordedId);
    const { name, stateful } = recorded;
    const there = context.begunBefore()
      ? (await ours(context, recordedId)).find((one) => one.name === name)
      : undefined;
    const group =
      there ??
      (await ask(
        context,
        () => network.createSecurityGroup({ name, description, stateful }),
        ({ id }) => id,
      ));
    context.boundary('created');
    // The rules that Neutron gives every new group, and those of an attempt that ended half way.
    for (const id of group.ruleIds) await network.deleteRule(id);
    const differences: Difference[] = [];
    for (const rule of recorded.rules) {
      if (await makeRule(network, rule, recordedId, group.id)) continue;
      const detail = `A rule of the security group ${recordedId} names a group that is gone; it was left out.`;
      differences.push({ code: 'security-group.rule', detail });
    }
    return { recordedId, groupId: group.id, differences };
  },
  async undo(context, { recordedId }, output) {
    const left = async () => {
      const found = (await ours(context, recordedId)).map((group) => group.id);
      return found.length > 0 ? found : undefined;
    };
    const known = output?.groupId ?? madeId(context);
    const ids = known === undefined ? ((await lateEffect(context, left)) ?? []) : [known];
    for (const id of ids) await networkOf(context).deleteSecurityGroup(id);
  },
};

const KEPT = [
  'direction',
  'ethertype',
  'protocol',
  'port_range_min',
  'port_range_max',
  'remote_ip_prefix',
  'remote_group_id',
  'remote_address_group_id',
  'description',
];

/** False: the rule cannot be made any more. */
async function makeRule(
  network: Networking,
  recorded: Record<string, unknown>,
  recordedId: string,
  groupId: string,
): Promise<boolean> {
  const given = KEPT.filter((key) => recorded[key] !== null && recorded[key] !== undefined && recorded[key] !== '');
  const rule: Record<string, unknown> = Object.fromEntries(given.map((key) => [key, recorded[key]]));
  if (rule.remote_group_id === recordedId) rule.remote_group_id = groupId;
  try {
    await network.createRule({ ...rule, security_group_id: groupId });
  } catch (error) {
    if (hasCode(error, 'openstack.not-found')) return false;
    if (!hasCode(error, 'openstack.conflict')) throw error;
  }
  return true;
}

/** Removes our mark from it. */
export const finishGroup: RecipeStep<CreateGroupInput & { groupId: string }, null> = {
  name: 'finish-security-group',
  async act(context, { point, recordedId, groupId }) {
    const server = await recordedServer(context, point);
    const recorded = server.securityGroups.find((group) => group.id === recordedId);
    await unlessGone(networkOf(context).describeGroup(groupId, recorded?.description ?? ''));
    return null;
  },
};
