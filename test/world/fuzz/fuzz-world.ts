import { routes } from '../../../src/api/route-table.ts';
import { openApiDocument } from '../../../src/http/documents/openapi.ts';
import { type Listening, listen } from '../../../src/http/listen.ts';
import { apiWorld, SETTINGS } from '../api/api-world.ts';
import { attached, server, uuidOf, volume } from '../api/fake-cloud.ts';
import { PEOPLE, PROJECT } from '../api/people.ts';
import { backup, operation, restore, snapshot } from '../api/rows.ts';
import type { OpenApi, RequestSource } from './requests.ts';

const IDS = [1, 2, 9, 10, 100, 101, 150, 200, 300, 400, 500].map(uuidOf);

/** The API in this process, with things to ask about; `restock` takes back what requests made. */
export async function fuzzWorld(): Promise<{ listening: Listening; source: RequestSource; restock(): void }> {
  const world = apiWorld();
  world.cloud.add(server({ volumes: attached(uuidOf(10)) }), server({ id: uuidOf(2), name: 'db' }), volume());
  const restock = (): void => {
    const { backups, snapshots, restores, operationRows, holds, positions } = world.stores;
    for (const rows of [backups, snapshots, restores, operationRows, holds, positions]) rows.clear();
    for (const rows of [world.policies.rows, world.policies.runs, world.delegations.trusts]) rows.clear();
    backups.set(uuidOf(100), backup());
    backups.set(uuidOf(101), backup({ id: uuidOf(101), base_backup_id: uuidOf(100) }));
    snapshots.set(uuidOf(150), snapshot());
    restores.set(uuidOf(200), restore());
    operationRows.set(uuidOf(300), operation());
    world.audits.length = 0;
    world.queue.enqueued.length = 0;
    world.identity.asked.length = 0;
    world.logged();
  };
  restock();
  const document = JSON.parse(JSON.stringify(openApiDocument(routes, SETTINGS))) as OpenApi;
  const listening = await listen(world.app, { host: '127.0.0.1', port: 0 });
  return {
    listening,
    source: { document, tokens: [...Object.keys(PEOPLE), 'garbage'], ids: [...IDS, PROJECT] },
    restock,
  };
}
