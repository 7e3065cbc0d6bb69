import type { Caller } from '../../../domain/caller.ts';
import { holdsOf } from '../../../domain/operations/holds.ts';
import type { NewServerPlan } from '../../../domain/points/new-server-plan.ts';
import { machineOf, type RecordedServer } from '../../../domain/points/recorded-server.ts';
import { fitItems, fitServer } from '../../../domain/service-limits.ts';
import type { ServiceDeps } from '../../shared/api-deps.ts';
import { conflict } from '../../shared/conflict.ts';
import { quotaConflicts } from '../../shared/submit.ts';
import { busyConflicts, chooseDisks, type PlannedRestore, pointsThings } from '../plan-restore.ts';
import type { RestorablePoint } from '../restorable-point.ts';
import type { RestoreRequest } from '../restore-request.ts';
import { askOnce } from './ask-once.ts';
import { chooseFlavor, chooseImage, chooseKeypair, chooseServerGroup, chooseZone } from './choose-machine.ts';
import { note, type PlanDraft } from './draft.ts';
import { planFloatingIps, planGroups, planPorts } from './plan-ports.ts';
import { planVolumes, refuseBeyondQuota } from './plan-volumes.ts';

/**
 * Plans a new server from what a recovery point records. Reads only, with the caller's own token; one answer has
 * everything that speaks against it. Conflicts of the request itself (400) come first.
 */
export async function planNewServer(
  deps: ServiceDeps,
  caller: Caller,
  request: RestoreRequest,
  point: RestorablePoint,
): Promise<PlannedRestore> {
  const chosen = chooseDisks(request, point);
  const conflicts = [...chosen.conflicts];
  const disks = chosen.disks.map((disk) => ({
    disk_id: disk.id,
    kind: disk.kind,
    size_bytes: disk.size_bytes,
    action: disk.volume_id === null ? ('replace' as const) : ('create_volume_and_attach' as const),
    volume_id: null,
  }));
  if (point.status !== 'available')
    conflicts.push(conflict(`${point.type}.wrong-state`, `Only an available ${point.type} can be restored.`));
  // The new server's owner is the token's project: what it may choose from, and its quota, are looked up there.
  if (point.project_id !== caller.projectId)
    conflicts.push(conflict('project.differs', 'A new server is made in the project of the token.'));
  if (!chosen.disks.some((disk) => disk.kind === 'root'))
    conflicts.push(conflict('restore.root-missing', 'A new server needs the disk it boots from.'));
  const holds = holdsOf('restore-new-server/1', pointsThings(point));
  conflicts.push(
    ...(await busyConflicts(deps, holds, point.project_id)),
    ...(await quotaConflicts(deps, point.project_id)),
  );

  const recorded = await point.recorded();
  if (!recorded) {
    const hint = 'Restore its disks with mode volumes.';
    conflicts.push(conflict('server.not-recorded', 'It is not known how the server was made.', hint));
  }
  const seen = { ...recorded, disks: recorded?.disks.filter((disk) => chosen.disks.some((one) => one.id === disk.id)) };
  const hands = deps.cloud(caller.globalRequestId ?? caller.requestId).caller(caller.token, caller.projectId);
  const given = { ...hands, network: askOnce(hands.network), recorded: seen as RecordedServer, conflicts };
  const newServer = recorded && (await planServer(given, request));
  return {
    plan: {
      mode: 'new_server',
      backup_id: point.type === 'backup' ? point.id : null,
      snapshot_id: point.type === 'snapshot' ? point.id : null,
      server_id: null,
      stops_server: false,
      memory: false,
      disks,
      untouched_volumes: [],
      detached_volumes: [],
      warnings: [],
      ...(newServer && { new_server: newServer }),
    },
    conflicts: conflicts.sort((a, b) => Number(a.status !== 400) - Number(b.status !== 400)),
    holds,
  };
}

async function planServer(
  given: Pick<PlanDraft, 'recorded' | 'network' | 'offerings' | 'conflicts'>,
  request: RestoreRequest,
): Promise<NewServerPlan> {
  const draft: PlanDraft = { ...given, wishes: request.newServer, differences: [] };
  const { recorded } = draft;
  note(
    draft,
    'server.instance',
    'The server and its volumes have new ids; cloud-init in the guest may take it for a new instance.',
  );
  note(draft, 'server.user', 'The user who made the server is the service user of Rewind.');
  tellMachine(draft);
  const flavor = await chooseFlavor(draft);
  const image = await chooseImage(draft);
  const zone = await chooseZone(draft);
  const ports = await planPorts(draft);
  const groups = await planGroups(draft, ports);
  const volumes = await planVolumes(draft);
  await refuseBeyondQuota(draft, flavor, volumes);
  const name = await fitTexts(draft, request.name ?? recorded.name);
  return {
    name,
    flavor_id: flavor?.id ?? request.newServer.flavor_id ?? recorded.flavor?.id ?? '',
    image_id: image,
    availability_zone: zone,
    server_group_id: await chooseServerGroup(draft),
    key_name: chooseKeypair(draft),
    config_drive: recorded.configDrive,
    start: request.start ?? recorded.running,
    ports,
    security_groups: groups,
    volumes,
    floating_ips: await planFloatingIps(draft),
    differences: draft.differences,
  };
}

/** What a machine stores beside its disks is on the host of the old one, if anywhere. */
function tellMachine(draft: PlanDraft): void {
  const { tpm, uefi } = machineOf(draft.recorded);
  if (tpm)
    note(
      draft,
      'server.tpm',
      'The server has a new, empty TPM: what was sealed by the old one (BitLocker, LUKS) needs its recovery key.',
    );
  if (uefi)
    note(
      draft,
      'server.firmware',
      "The firmware's variables are new: boot entries and enrolled keys of the guest are gone, it boots the default loader.",
    );
}

/** What Nova will not accept is reported; this has the server's name as it will be. */
async function fitTexts({ recorded, offerings, differences }: PlanDraft, wanted: string): Promise<string> {
  const { description, hostname, metadata, tags, configDrive } = recorded;
  const { metadataItems } = await offerings.computeRoom();
  const fitted = fitServer({ name: wanted, description, hostname, metadata, tags, userData: null });
  const items = fitItems(fitted.value.metadata, metadataItems);
  // While the server is made, one item is ours; a config drive keeps the items with which it was made.
  const early = configDrive ? fitItems(items.value, metadataItems, 1) : items;
  differences.push(...fitted.left, ...items.left);
  if (Object.keys(early.value).length < Object.keys(items.value).length)
    note({ differences }, 'config-drive.metadata', 'The last item of the metadata is not on the config drive.');
  return fitted.value.name;
}
