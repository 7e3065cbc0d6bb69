import type { PolicyRun } from '../domain/policies/backup-policy.ts';
import type { SchedulerParts, SchedulerSettings } from './parts.ts';

/** Counts what is under way in each place: `host:compute1`, `pool:vms`, `project:…`. */
export class Places {
  readonly #most: SchedulerSettings['most'];
  readonly #open = new Map<string, number>();

  constructor(most: SchedulerSettings['most'], open: readonly PolicyRun[]) {
    this.#most = most;
    for (const run of open) this.take([...knownPlaces(run), ...run.places]);
  }

  allow(places: readonly string[]): boolean {
    return places.every((place) => (this.#open.get(place) ?? 0) < this.#mostOf(place));
  }

  take(places: readonly string[]): void {
    for (const place of places) this.#open.set(place, (this.#open.get(place) ?? 0) + 1);
  }

  #mostOf(place: string): number {
    const kind = place.split(':', 1)[0];
    return this.#most[kind as keyof SchedulerSettings['most']] ?? Number.POSITIVE_INFINITY;
  }
}

/** The places that are known without asking anybody. */
export const knownPlaces = (run: Pick<PolicyRun, 'project_id' | 'target'>): string[] => [
  ...['all', `project:${run.project_id}`, `target:${run.target}`],
];

/** Host and pools of a server, as an administrator sees them; undefined: there is no such server. */
export async function placesOfServer(
  { admin, settings: { pools } }: Pick<SchedulerParts, 'admin' | 'settings'>,
  serverId: string,
): Promise<string[] | undefined> {
  const server = await admin.compute.server(serverId);
  if (!server) return undefined;
  const found = new Set<string>();
  if (server.host !== null) found.add(`host:${server.host}`);
  if (server.imageId !== null) found.add(`pool:${pools.root}`);
  for (const { volumeId } of server.volumes) {
    const volume = await admin.blockStorage.volume(volumeId);
    if (volume) found.add(`pool:${pools.volumeHosts[volume.host ?? ''] ?? pools.volumes}`);
  }
  return [...found];
}
