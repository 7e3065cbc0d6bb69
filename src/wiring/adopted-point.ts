import { backupOfManifest } from '../archive/backup-of-manifest.ts';
import type { Manifest } from '../archive/manifest.ts';
import { recordedServerOf } from '../domain/recorded-server.ts';
import type { AdoptedPoint } from '../ports/stores.ts';
import type { Target } from '../ports/target.ts';
import type { Shared } from './shared.ts';

/** No operation brought it into the catalogue. */
const NO_OPERATION = '00000000-0000-0000-0000-000000000000';

/** What the catalogue gets of a backup that lies on a target. */
export function adoptedPoint(
  { clock }: Pick<Shared, 'clock'>,
  target: Target,
  manifest: Manifest,
  sealed: Uint8Array,
): AdoptedPoint {
  const at = new Date(clock.now()).toISOString();
  return {
    backup: backupOfManifest(manifest, { target: target.name, operationId: NO_OPERATION, at }),
    sealed: Buffer.from(sealed).toString('utf8'),
    server: recordedServerOf(manifest.server, manifest.disks),
  };
}
