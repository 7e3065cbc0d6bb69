import { RewindError } from '../../domain/errors.ts';
import type { Target, Targets } from '../../ports/target.ts';

/** The operator's targets by name. `defaultName` must be one of them. */
export function targetsOf(targets: readonly Target[], defaultName: string): Targets {
  const byName = new Map(targets.map((target) => [target.name, target]));
  const get = (name: string): Target => {
    const target = byName.get(name);
    if (target) return target;
    throw new RewindError('target.unknown', 'The backup lies on a target that is not configured.', {
      fault: 'errored',
      hint: 'The operator removed or renamed a target in the configuration.',
    });
  };
  get(defaultName);
  return { get, defaultName, names: [...byName.keys()] };
}
