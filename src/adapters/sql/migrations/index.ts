import type { Migration } from 'kysely/migration';
import * as tables from './0001-tables.ts';
import * as hostRequests from './0002-host-requests.ts';

/** In the order of their names. A migration that was released is never changed; a new one is added. */
export const migrations: Record<string, Migration> = {
  '0001-tables': tables,
  '0002-host-requests': hostRequests,
};
