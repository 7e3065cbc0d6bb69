import { eraseKeys } from '../archive/keys/erase-keys.ts';
import { readKeyObject } from '../archive/keys/key-object.ts';
import { keysOfProject } from '../archive/keys/keys-of-project.ts';
import { projectsWithKeys, rewrapKeys } from '../archive/keys/rewrap-keys.ts';
import { readTargetInfo } from '../archive/manifests/target-info.ts';
import { asRewindError, RewindError } from '../domain/errors.ts';
import type { Target } from '../ports/target.ts';
import { rootKeysFrom } from '../wiring/key-ring.ts';
import { archiveOf } from '../wiring/settings-of.ts';
import type { Shared } from '../wiring/shared.ts';
import type { Given } from './command-line/command.ts';
import type { Output } from './command-line/output.ts';
import { markErased } from './mark-erased.ts';

const PROJECT = /^[0-9a-f-]{32,36}$/;

/** Lists keys of projects on all targets, and the root keys that wrap them. False: a target could not be read. */
export async function listKeys(shared: Shared, { out }: Given): Promise<boolean> {
  const { key: manifestKey } = await archiveOf(shared.config);
  const here = await rootKeysFrom(shared.config)?.ids();
  out.row(
    { root_keys: here ?? [] },
    `root keys here: ${here?.join(', ') ?? 'none'}${here ? ` (the last one wraps)` : ''}`,
  );
  return onEachTarget(shared, out, async (target) => {
    for (const project of await projectsWithKeys(target)) {
      const { keys, erasedHere, erasedPlaces } = await keysOfProject(
        target,
        project,
        manifestKey,
        await shared.erasures.ofProject(project),
      );
      for (const [id, [place]] of keys) {
        const root = place && (await readKeyObject(target, place, manifestKey)).root_key;
        const state = root && here?.includes(root) ? '' : '  NOT HERE';
        out.row(
          {
            target: target.name,
            project_id: project,
            key: id,
            root_key: root ?? null,
            readable: state === '',
            erased: false,
          },
          `${target.name}  project ${project}  key ${id}  wrapped under ${root}${state}`,
        );
      }
      // Excludes what was erased on other targets, unless somebody brought it here.
      for (const id of new Set([...erasedHere, ...erasedPlaces.map((place) => place.keyId)]))
        out.row(
          { target: target.name, project_id: project, key: id, root_key: null, readable: false, erased: true },
          `${target.name}  project ${project}  key ${id}  erased`,
        );
    }
  });
}

/** Wraps all keys under the newest root key. May be run again. */
export async function rotateKeys(shared: Shared, { out }: Given): Promise<boolean> {
  const rootKeys = rootKeysFrom(shared.config);
  if (!rootKeys) throw new RewindError('config.encryption-key', 'archive.encryption.key_file is not set.');
  const holders = { rootKeys, manifestKey: (await archiveOf(shared.config)).key };
  const newest = (await rootKeys.ids()).at(-1);
  const good = await onEachTarget(shared, out, async (target) => {
    let wrapped = 0;
    const projects = await projectsWithKeys(target);
    for (const project of projects)
      wrapped += await rewrapKeys(target, project, holders, await shared.erasures.ofProject(project));
    out.row(
      { target: target.name, wrapped, root_key: newest ?? null, projects: projects.length },
      `${target.name}: ${wrapped} keys wrapped under ${newest}, of ${projects.length} projects`,
    );
  });
  if (good) out.say(`Everything is wrapped under ${newest} now: no other root key is needed for these targets.`);
  return good;
}

/** Erases for ever, and only with `--yes`: false without it, because nothing was done. */
export async function eraseProject(shared: Shared, { words: [project = ''], flags, out }: Given): Promise<boolean> {
  const yes = flags.has('yes');
  if (!PROJECT.test(project)) throw new RewindError('admin.usage', `${project} is no project's id.`);
  const { operations, log, clock } = shared;
  const { key: manifestKey } = await archiveOf(shared.config);
  if ((await operations.countOpen(project)) > 0) {
    throw new RewindError('admin.busy');
  }
  const good = await onEachTarget(shared, out, async (target) => {
    if (yes) {
      const ids = await eraseKeys(target, project, manifestKey, new Date(clock.now()).toISOString(), shared.erasures);
      log.warn('keys of a project were erased', { project_id: project, target: target.name, keys: ids });
      const marked = await markErased(shared, target, project, manifestKey);
      out.row(
        { target: target.name, erased: ids, backups: marked },
        `${target.name}: ${ids.length} keys erased; ${marked} backups cannot be read any more`,
      );
    } else {
      const before = await shared.erasures.ofProject(project);
      const { keys, erasedPlaces } = await keysOfProject(target, project, manifestKey, before);
      const would = [...new Set([...keys.keys(), ...erasedPlaces.map((place) => place.keyId)])];
      out.row(
        { target: target.name, would_erase: would },
        `${target.name}: would erase ${would.join(', ') || 'nothing'}`,
      );
    }
  });
  if (!yes)
    out.say(
      'Nothing was erased. With --yes it is, for ever, on all targets; copies of a target have to be erased too.',
    );
  return good && yes;
}

/** A target that is away must not look like one without keys. */
async function onEachTarget(shared: Shared, out: Output, act: (target: Target) => Promise<void>): Promise<boolean> {
  const { targets, key: manifestKey } = await archiveOf(shared.config);
  let good = true;
  for (const name of targets.names) {
    try {
      const target = targets.get(name);
      if (!(await readTargetInfo(target, manifestKey))) {
        throw new RewindError('target.not-marked');
      }
      await act(target);
    } catch (error) {
      good = false;
      const { code, message, hint } = asRewindError(error);
      out.row(
        { target: name, code, reason: message, hint: hint ?? null },
        `${name}: failed: ${message} [${code}]${hint ? `\n  ${hint}` : ''}`,
      );
    }
  }
  return good;
}
