import { MAX_KEY_OBJECT_BYTES } from '../../../archive/format/format-limits.ts';
import { type KeyPlace, keyObject } from '../../../archive/format/layout.ts';
import { keysOfProject } from '../../../archive/keys/keys-of-project.ts';
import type { RunRef } from '../../../archive/manifests/manifest.ts';
import { manifestsOfServer, runsNeeded } from '../../../archive/manifests/manifests.ts';
import { runBytes } from '../../../archive/runs/copy-run.ts';
import { readWhole } from '../../../archive/runs/read-object.ts';
import { verifyRun } from '../../../archive/runs/verify-run.ts';
import { hasCode, RewindError } from '../../../domain/errors.ts';
import type { Target } from '../../../ports/target.ts';
import { throttled } from '../../lookups/throttle.ts';
import type { RecipeStep } from '../../world.ts';
import { unlistedNeeds } from './unlisted-backups.ts';

interface Way {
  from: string;
  to: string;
}

/** A project's wrapped keys go along with what they encrypt. They stay when the copy fails: they disclose nothing. */
export const copyKeys: RecipeStep<Way & { keys: KeyPlace[] }, null> = {
  name: 'copy-keys',
  async act({ world, operation }, { from, to, keys }) {
    if (keys.length === 0) return null;
    const [source, target] = [world.targets.get(from), world.targets.get(to)];
    const there = await keysOfProject(target, operation.project_id, world.manifestKey);
    for (const place of keys) {
      if (there.erased.has(place.keyId)) throw erased();
      if (there.keys.has(place.keyId)) continue;
      const object = keyObject(place);
      const stored = await readWhole(source, object, MAX_KEY_OBJECT_BYTES);
      // Its next generation has replaced it since the plan: the next attempt finds that one.
      if (!stored) throw new RewindError('archive.key-missing', 'A key changed meanwhile.', { retry: true });
      await putOnce(target, object, once(stored));
    }
    return null;
  },
};

export interface CopyRunInput extends Way {
  serverId: string;
  run: RunRef;
}

/** Copies one run as it is. If there is one under this name already, it is the same, or the check finds out. */
export const copyRun: RecipeStep<CopyRunInput, null> = {
  name: 'copy-run',
  async find({ world }, { to, run }) {
    return (await world.targets.get(to).size(run.object)) === undefined ? undefined : null;
  },
  async act(context, { from, to, run }) {
    const { world, signal, progress } = context;
    const source = throttled(
      runBytes(world.targets.get(from), run),
      world.settings.maxBytesPerSecond,
      world.clock,
      signal,
    );
    await putOnce(
      world.targets.get(to),
      run.object,
      counted(source, (bytes) => progress.add(bytes)),
      signal,
    );
    return null;
  },
  /** Removes it unless another backup there names it. The server is held: no other operation can be about to. */
  async undo({ world, operation }, { to, serverId, run }) {
    const target = world.targets.get(to);
    const place = { projectId: operation.project_id, serverId };
    const listed = new Set<string>();
    for await (const found of manifestsOfServer(target, world.manifestKey, place)) {
      // The manifest's needs are unknown: the run waits for the sweep.
      if (!('manifest' in found) || runsNeeded([found.manifest]).has(run.object)) return;
      listed.add(found.ids.backupId);
    }
    const unlisted = await unlistedNeeds(world, { ...place, target: to }, listed);
    if (unlisted.unknown !== null || unlisted.runs.has(run.object)) return;
    await target.remove(run.object);
  },
};

/** A copy that nobody has read does not count: checks every hash and every record in its new place. */
export const verifyCopied: RecipeStep<{ to: string; run: RunRef }, null> = {
  name: 'verify-copied',
  async act({ world, signal, progress }, { to, run }) {
    await verifyRun(world.targets.get(to), run, world.keys, (bytes) => progress.add(bytes), signal);
    return null;
  },
};

async function putOnce(
  target: Target,
  object: string,
  data: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await target.put(object, data, signal);
  } catch (error) {
    if (!hasCode(error, 'target.exists')) throw error;
  }
}

async function* counted(data: AsyncIterable<Uint8Array>, count: (bytes: number) => void) {
  for await (const chunk of data) {
    count(chunk.length);
    yield chunk;
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}

const erased = (): RewindError =>
  new RewindError(
    'archive.key-erased',
    'The key of the backup was erased on the other target: it cannot be copied there.',
  );
