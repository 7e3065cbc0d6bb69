import type { ServiceDeps, ServiceSettings } from './api-deps.ts';
import { conflict, errorOf } from './conflict.ts';

type Places = Pick<ServiceSettings, 'targetNames' | 'targetProjects' | 'defaultTarget'>;

/** The only place that decides which project may put backups where: in the order of the settings. */
export const usableTargets = ({ targetNames, targetProjects = {} }: Places, projectId: string): string[] =>
  targetNames.filter((name) => targetProjects[name]?.includes(projectId) ?? true);

/** The target of its backups when none is named; '': it has no target at all. */
export const defaultTargetOf = (settings: Places, projectId: string): string => {
  const usable = usableTargets(settings, projectId);
  return usable.includes(settings.defaultTarget) ? settings.defaultTarget : (usable[0] ?? '');
};

/**
 * Returns the name, or the project's default for null. To a project, a target that it may not use is as unknown as one
 * that does not exist. @throws RewindError `target.unknown` (400)
 */
export function targetFor({ settings }: Pick<ServiceDeps, 'settings'>, projectId: string, name: string | null): string {
  const target = name ?? defaultTargetOf(settings, projectId);
  if (usableTargets(settings, projectId).includes(target)) return target;
  throw errorOf(conflict('target.unknown', 'There is no target of this name.'));
}
