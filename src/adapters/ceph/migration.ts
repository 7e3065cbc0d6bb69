import { hasCode, RewindError } from '../../domain/errors.ts';
import type { ImageRef } from '../../domain/points/disk.ts';
import type { Ceph, MigrationState } from '../../ports/ceph.ts';
import type { CephSettings } from './ceph-settings.ts';
import { layoutArguments } from './image-layout.ts';
import { jsonOf, statusAnswer, understood } from './rbd/rbd-answers.ts';
import { imageArgument } from './rbd/rbd-arguments.ts';
import { patientRbd, quickRbd, quickRbdReading, runWhileItMoves } from './rbd/run-rbd.ts';

type Migration = Pick<
  Ceph,
  'prepareMigration' | 'migrationState' | 'executeMigration' | 'commitMigration' | 'abortMigration'
>;

const STATES = ['preparing', 'prepared', 'executing', 'executed', 'aborting', 'error'] as const;
/** Kept on the image, because whichever client has it open does the work. */
export const PARALLEL = 'rbd_concurrent_management_ops';

/** Secret: anyone who knows the URL can read the disk. */
export const sourceSpec = (url: string): string => JSON.stringify({ type: 'qcow', stream: { type: 'http', url } });

/** RBD's live migration from a stream (https://docs.ceph.com/en/latest/rbd/rbd-live-migration), as of Ceph 16.2. */
export function migrationCommands(settings: CephSettings): Migration {
  const rbd = quickRbd(settings);
  const patient = patientRbd(settings);
  const state = async (ref: ImageRef): Promise<MigrationState | undefined> => {
    try {
      const answer = await rbd('status', imageArgument(ref), '--format', 'json');
      const { migration } = understood(statusAnswer, jsonOf(answer));
      return migration && (STATES.find((one) => one === migration.state) ?? 'unknown');
    } catch (error) {
      if (hasCode(error, 'ceph.not-found')) return undefined;
      throw error;
    }
  };
  return {
    async prepareMigration(ref, { url, objectsInParallel, like }) {
      const spec = sourceSpec(url);
      const how = ['--import-only', '--source-spec-path', '-', ...(await layoutArguments(rbd, like))];
      await quickRbdReading(settings, spec, ['migration', 'prepare', ...how, imageArgument(ref)]);
      await rbd('config', 'image', 'set', imageArgument(ref), PARALLEL, String(objectsInParallel));
    },
    migrationState: state,
    executeMigration: (ref, onShare, signal) => execute(settings, ref, onShare, signal),
    async commitMigration(ref) {
      try {
        await rbd('config', 'image', 'remove', imageArgument(ref), PARALLEL);
      } catch (error) {
        if (!hasCode(error, 'ceph.not-found')) throw error;
      }
      await patient('migration', 'commit', imageArgument(ref));
    },
    async abortMigration(ref) {
      try {
        await patient('migration', 'abort', imageArgument(ref));
      } catch (error) {
        // 22: the image is not part of a migration; 2: there is no such image.
        if (!hasCode(error, 'ceph.not-found') && !hasCode(error, 'ceph.invalid')) throw error;
        if ((await state(ref)) !== undefined) throw new RewindError('ceph.failed', 'A migration could not be aborted.');
      }
    },
  };
}

/** The percentage that it prints is its only sign of life. */
async function execute(
  settings: CephSettings,
  ref: ImageRef,
  onShare: (share: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const tell = (stderrTail: string): void => {
    const percent = /(\d{1,3})% complete\D*$/.exec(stderrTail)?.[1];
    if (percent) onShare(Math.min(Number(percent), 100) / 100);
  };
  await runWhileItMoves(settings, ['migration', 'execute', imageArgument(ref)], tell, signal);
}
