import { sqlLeftBehind } from '../adapters/sql/operations/sql-left-behind.ts';
import { sqlTurns } from '../adapters/sql/workers/sql-turns.ts';
import type { TidyCloudParts } from '../maintenance/inventory/tidy-cloud.ts';
import type { Shared } from './shared.ts';

/** What the inventory of Nova, Cinder, Neutron and Keystone looks at. */
export const cloudPartsOf = ({
  db,
  openstack,
  journal,
  debts,
  policies,
}: Pick<Shared, 'db' | 'openstack' | 'journal' | 'debts' | 'policies'>): Omit<
  TidyCloudParts,
  'clock' | 'log' | 'graceHours'
> => ({ world: { cloud: openstack }, journal, debts, policies, leftBehind: sqlLeftBehind(db), turns: sqlTurns(db) });
