import { type Database, pingDatabase } from '../adapters/sql/database/open-database.ts';
import type { HealthCheck } from '../http/app-deps.ts';
import { listen } from '../http/listen.ts';
import { statusApp } from '../http/status-app.ts';
import type { Running } from './running.ts';

type Told = Omit<Parameters<typeof statusApp>[0], 'drained'>;

const DRAIN_SECONDS = 1;

/** No process can work without its database. */
export const databaseCheck = (db: Database): HealthCheck => ({ name: 'database', probe: () => pingDatabase(db) });

/**
 * Serves this process's health and metrics. If another process of its kind has the port, this one goes on without it.
 */
export async function tellStatus(at: { host: string; port: number | null }, told: Told): Promise<Running> {
  const { host, port } = at;
  if (port === null) return { drain: async () => undefined };
  try {
    const listening = await listen(statusApp({ ...told, drained: () => false }), { host, port });
    told.log.info('health and figures are served', { host, port: listening.port });
    return { drain: () => listening.close(DRAIN_SECONDS) };
  } catch (error) {
    told.log.warn('health and figures of this process are not served', { host, port, err: error });
    return { drain: async () => undefined };
  }
}
