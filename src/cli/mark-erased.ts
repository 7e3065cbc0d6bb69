import type { Manifest } from '../archive/manifests/manifest.ts';
import { findManifest } from '../archive/manifests/manifests.ts';
import { openRun } from '../archive/runs/open-run.ts';
import { hasCode, RewindError } from '../domain/errors.ts';
import type { Backup } from '../domain/points/backup.ts';
import type { KeyRing } from '../ports/keys.ts';
import type { Target } from '../ports/target.ts';
import { readingKeysFrom } from '../wiring/key-ring.ts';
import type { Shared } from '../wiring/shared.ts';

const PAGE = 500;

/** Marks every backup on the target that needs an erased key as unreadable. Resolves to their number. */
export async function markErased(
  shared: Shared,
  target: Target,
  projectId: string,
  manifestKey: Uint8Array,
): Promise<number> {
  // Other problems with a key do not matter here.
  const keys = readingKeysFrom(shared.config, manifestKey, shared.erasures);
  const erased = new Map<string, RewindError | null>();
  let marked = 0;
  for await (const backup of availableOn(shared, target.name, projectId)) {
    const place = { projectId, serverId: backup.server_id, backupId: backup.id };
    const manifest = await findManifest(target, place, manifestKey).catch(() => undefined);
    const why = manifest && (await erasureOf(target, manifest, keys, erased));
    if (!why) continue;
    const said = { status: 'error' as const, fail_code: why.code, fail_reason: why.message };
    await shared.catalogue.updateBackup(backup.id, said);
    marked += 1;
  }
  return marked;
}

/** Undefined when none of its runs needs an erased key. A run that many backups name is looked at once. */
async function erasureOf(
  target: Target,
  manifest: Manifest,
  keys: KeyRing,
  known: Map<string, RewindError | null>,
): Promise<RewindError | undefined> {
  for (const ref of manifest.disks.flatMap((disk) => disk.runs)) {
    let why = known.get(ref.object);
    if (why === undefined) {
      const error: unknown = await openRun(target, ref, keys).then(
        () => null,
        (one) => one,
      );
      why = error instanceof RewindError && hasCode(error, 'archive.key-erased') ? error : null;
      known.set(ref.object, why);
    }
    if (why) return why;
  }
  return undefined;
}

async function* availableOn(shared: Shared, target: string, projectId: string): AsyncGenerator<Backup> {
  const filters = [{ field: 'target', op: 'eq' as const, values: [target] }];
  for (let marker: string | null = null; ; ) {
    const sort = [{ field: 'created_at', descending: false }];
    const page: Backup[] = await shared.catalogue.listBackups({ projectId, filters, sort, limit: PAGE, marker });
    yield* page.filter((backup) => backup.status === 'available');
    if (page.length < PAGE) return;
    marker = page.at(-1)?.id ?? null;
  }
}
