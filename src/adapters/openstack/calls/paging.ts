import type { ServiceName } from './openstack-config.ts';
import { unavailable } from './openstack-errors.ts';
import { type JsonObject, list, text } from './read-json.ts';
import type { ServiceClient } from './service-client.ts';

const PAGE_SIZE = 500;
const MAX_PAGES = 200;

/**
 * All rows of a list that pages with `limit` and `marker`. The services' `next` links are trusted only to say that
 * there is more; the next page's address is made here. Errors: `openstack.unavailable` when the list does not end, and
 * those of a read.
 */
export async function readAll(
  service: ServiceName,
  client: ServiceClient,
  path: string[],
  key: string,
  query: Record<string, string>,
  microversion: string,
): Promise<JsonObject[]> {
  const rows = new Map<string, JsonObject>();
  let marker: string | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const paged = { ...query, limit: String(PAGE_SIZE), ...(marker === undefined ? {} : { marker }) };
    const body = await client.read({ method: 'GET', path, query: paged, microversion });
    const before = rows.size;
    const found = list(body[key]);
    for (const row of found) rows.set(text(row.id) ?? '', row);
    // The service may cap a page below the requested size: then only its link says that there is more.
    const more = found.length >= PAGE_SIZE || list(body[`${key}_links`]).some((link) => link.rel === 'next');
    if (!more || found.length === 0) return [...rows.values()];
    if (rows.size === before) break;
    marker = text(found.at(-1)?.id) ?? undefined;
  }
  throw unavailable(service, new Error(`the list of ${key} does not end`), 'gave no usable answer');
}
