import { backupOfManifest } from '../archive/manifests/backup-of-manifest.ts';
import type { Manifest } from '../archive/manifests/manifest.ts';
import { RewindError } from '../domain/errors.ts';
import { recordedServerOf } from '../domain/points/recorded-server.ts';
import type { AdoptedPoint } from '../ports/stores/catalogue.ts';
import type { Target } from '../ports/target.ts';
import type { Shared } from '../wiring/shared.ts';

type TargetSettings = { targets: readonly { name: string; projects?: readonly string[] | null }[] };

/** Stands for: no operation brought it into the catalogue. */
const NO_OPERATION = '00000000-0000-0000-0000-000000000000';

/**
 * The catalogue's entry for a backup that lies on a target. Rejects with `target.not-for-project` when the settings
 * reserve the target for other projects: its project could neither see nor delete it there.
 */
export function adoptedPoint(
  { clock, config }: { clock: Shared['clock']; config: TargetSettings },
  target: Target,
  manifest: Manifest,
  sealed: Uint8Array,
): AdoptedPoint {
  refuseOthers(config, target.name, manifest);
  const at = new Date(clock.now()).toISOString();
  return {
    backup: backupOfManifest(manifest, { target: target.name, operationId: NO_OPERATION, at }),
    sealed: Buffer.from(sealed).toString('utf8'),
    server: recordedServerOf(manifest.server, manifest.disks),
  };
}

/** Called before anything is written there. */
export function refuseOthers({ targets }: TargetSettings, name: string, { backup }: Pick<Manifest, 'backup'>): void {
  const projectId = backup.project_id;
  const projects = targets.find((target) => target.name === name)?.projects;
  if (projects?.includes(projectId) ?? true) return;
  throw new RewindError(
    'target.not-for-project',
    `The target ${name} is not for project ${projectId}: see its \`projects\`.`,
  );
}
