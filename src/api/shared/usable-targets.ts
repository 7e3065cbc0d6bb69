import type { ServiceDeps, ServiceSettings } from './api-deps.ts';
import { conflict, errorOf } from './conflict.ts';

type Places = Pick<ServiceSettings, 'targetNames' | 'targetProjects' | 'defaultTarget'>;

/** The one place that decides what a project may put where: in the order of the settings. */
export const usableTargets = ({ targetNames, targetProjects = {} }: Places, projectId: string): string[] =>
  targetNames.filter((name) => targetProjects[name]?.includes(projectId) ?? true);

/** Where its backups go when nobody says; '': it has no target at all. */
export const defaultTargetOf = (settings: Places, projectId: string): string => {
  const usable = usableTargets(settings, projectId);
  return usable.includes(settings.defaultTarget) ? settings.defaultTarget : (usable[0] ?? '');
};

/**
 * Gives the name, or the project's default for null. One that is not for the project is as unknown to it as one that is
 * not there. @throws RewindError `target.unknown` (400)
 */
export function targetFor({ settings }: Pick<ServiceDeps, 'settings'>, projectId: string, name: string | null): string {
  const target = name ?? defaultTargetOf(settings, projectId);
  if (usableTargets(settings, projectId).includes(target)) return target;
  throw errorOf(conflict('target.unknown', 'There is no target of this name.'));
}
