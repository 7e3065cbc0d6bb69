import { eraseKeys } from '../archive/erase-keys.ts';
import { readKeyObject } from '../archive/key-object.ts';
import { keysOfProject } from '../archive/keys-of-project.ts';
import { projectsWithKeys, rewrapKeys } from '../archive/rewrap-keys.ts';
import { readTargetInfo } from '../archive/target-info.ts';
import { asRewindError, RewindError } from '../domain/errors.ts';
import type { Target } from '../ports/target.ts';
import { rootKeysFrom } from './key-ring.ts';
import { markErased } from './mark-erased.ts';
import { archiveOf } from './settings-of.ts';
import type { Shared } from './shared.ts';

export const KEYS_USAGE = `       rewind admin keys list         keys of projects on all targets, and the root keys that wrap them
       rewind admin keys rotate       wraps all of them under the newest root key; data are not touched
       rewind admin keys erase PROJECT [--yes]
                                      for ever: nothing encrypted of that project can be read any more
`;

/** The operator's work with keys. False when something could not be done; all of it may be run again. */
export async function manageKeys(shared: Shared, [verb, ...rest]: readonly string[]): Promise<boolean> {
  if (verb === 'list' && rest.length === 0) return listKeys(shared);
  if (verb === 'rotate' && rest.length === 0) return rotate(shared);
  const [project, yes] = rest;
  if (verb === 'erase' && project && /^[0-9a-f-]{32,36}$/.test(project) && (yes === undefined || yes === '--yes'))
    return erase(shared, project, yes === '--yes');
  throw new RewindError('admin.usage', 'These arguments are not understood.', { hint: KEYS_USAGE });
}

async function listKeys(shared: Shared): Promise<boolean> {
  const { key: manifestKey } = await archiveOf(shared.config);
  const here = await rootKeysFrom(shared.config)?.ids();
  say(`root keys here: ${here?.join(', ') ?? 'none'}${here ? ` (the last one wraps)` : ''}`);
  return onEachTarget(shared, async (target) => {
    for (const project of await projectsWithKeys(target)) {
      const { keys, erased } = await keysOfProject(target, project, manifestKey);
      for (const [id, [place]] of keys) {
        const root = place && (await readKeyObject(target, place, manifestKey)).root_key;
        const state = root && here?.includes(root) ? '' : '  NOT HERE';
        say(`${target.name}  project ${project}  key ${id}  wrapped under ${root}${state}`);
      }
      for (const id of erased) say(`${target.name}  project ${project}  key ${id}  erased`);
    }
  });
}

async function rotate(shared: Shared): Promise<boolean> {
  const rootKeys = rootKeysFrom(shared.config);
  if (!rootKeys)
    throw new RewindError('config.encryption-key', 'archive.encryption.key_file is not set.', { fault: 'errored' });
  const holders = { rootKeys, manifestKey: (await archiveOf(shared.config)).key };
  const newest = (await rootKeys.ids()).at(-1);
  const good = await onEachTarget(shared, async (target) => {
    let wrapped = 0;
    const projects = await projectsWithKeys(target);
    for (const project of projects) wrapped += await rewrapKeys(target, project, holders);
    say(`${target.name}: ${wrapped} keys wrapped under ${newest}, of ${projects.length} projects`);
  });
  if (good) say(`Everything is wrapped under ${newest} now: no other root key is needed for these targets.`);
  return good;
}

async function erase(shared: Shared, project: string, yes: boolean): Promise<boolean> {
  const { operations, log, clock } = shared;
  const { key: manifestKey } = await archiveOf(shared.config);
  if ((await operations.countOpen(project)) > 0) {
    throw new RewindError('admin.busy', 'Operations of this project are open.', {
      hint: 'Cancel them or wait: rewind admin operations',
    });
  }
  const good = await onEachTarget(shared, async (target) => {
    if (yes) {
      const ids = await eraseKeys(target, project, manifestKey, new Date(clock.now()).toISOString());
      log.warn('keys of a project were erased', { project_id: project, target: target.name, keys: ids });
      const marked = await markErased(shared, target, project, manifestKey);
      say(`${target.name}: ${ids.length} keys erased; ${marked} backups cannot be read any more`);
    } else {
      const { keys } = await keysOfProject(target, project, manifestKey);
      say(`${target.name}: would erase ${keys.size === 0 ? 'nothing' : [...keys.keys()].join(', ')}`);
    }
  });
  if (!yes)
    say('Nothing was erased. With --yes it is, for ever, on all targets; copies of a target have to be erased too.');
  return good && yes;
}

/** A target that is away must not look like one without keys. */
async function onEachTarget(shared: Shared, act: (target: Target) => Promise<void>): Promise<boolean> {
  const { targets, key: manifestKey } = await archiveOf(shared.config);
  let good = true;
  for (const name of targets.names) {
    try {
      const target = targets.get(name);
      if (!(await readTargetInfo(target, manifestKey))) {
        throw new RewindError('target.not-marked', 'It has no mark: it was never used, or it is not mounted.', {
          fault: 'errored',
        });
      }
      await act(target);
    } catch (error) {
      good = false;
      const { code, message, hint } = asRewindError(error);
      say(`${name}: failed: ${message} [${code}]${hint ? `\n  ${hint}` : ''}`);
    }
  }
  return good;
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);
