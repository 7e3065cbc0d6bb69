import { listen } from '../http/listen.ts';
import { statusApp } from '../http/status-app.ts';
import type { Running } from './running.ts';

type Told = Omit<Parameters<typeof statusApp>[0], 'drained'>;

const DRAIN_SECONDS = 1;

/** Serves what this process tells of itself. A port that is taken, by another one of its kind, keeps nothing from working. */
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
