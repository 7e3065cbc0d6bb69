import type { Limits } from '../../domain/operations/quota.ts';

/** What administrators decided for single projects, and what is used. */
export interface Quotas {
  /** Only what differs from the defaults. */
  ofProject(projectId: string): Promise<Partial<Limits>>;
  set(projectId: string, limits: Partial<Limits>): Promise<void>;
  /** Restores the defaults. */
  clear(projectId: string): Promise<void>;
  used(projectId: string): Promise<Limits>;
}
