import type { ServiceDeps } from '../api/shared/api-deps.ts';
import type { Cloud } from '../ports/openstack.ts';
import type { Turns } from '../ports/stores/turns.ts';

/** What the scheduler is made of: it calls the API's acts, as a user would. */
export interface SchedulerParts {
  deps: ServiceDeps;
  turns: Turns;
  /** For seeing hosts, and servers of all projects. */
  admin: Cloud['admin'];
  settings: SchedulerSettings;
  /** Name of this process. */
  name: string;
  /** Whether this host's clock is right, as far as is known. */
  isClockRight?: () => boolean;
}

export interface SchedulerSettings {
  lookMs: number;
  /** A scheduler that is silent for this long is replaced by another one. */
  leaseMs: number;
  /** Limits of policies' backups at a time, for one place of each kind. */
  most: Record<Place, number>;
  keepRunsDays: number;
  keepOperationsDays: number;
  keepMessagesDays: number;
  pools: { root: string; volumes: string; volumeHosts: Readonly<Record<string, string>> };
}

type Place = 'all' | 'project' | 'target' | 'host' | 'pool';
