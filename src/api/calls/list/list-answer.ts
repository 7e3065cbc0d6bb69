import type { Page } from '../../shared/paged-list.ts';
import type { Answer, Call } from '../route.ts';
import type { ListSpec } from './list-spec.ts';
import { readListQuery } from './read-list-query.ts';

/** One page of a collection: `{"backups": [...], "links": [{next}], "count": n}`. */
export async function listAnswer<T extends { id: string }>(
  call: Call,
  collection: string,
  spec: ListSpec,
  fetch: (request: ReturnType<typeof readListQuery>) => Promise<Page<T>>,
  view: (item: T, call: Call) => unknown,
): Promise<Answer> {
  const page = await fetch(readListQuery(call.query, spec, call.settings, call.version));
  const last = page.items[page.items.length - 1];
  return {
    status: 200,
    body: {
      [collection]: page.items.map((item) => view(item, call)),
      links: page.more && last ? [{ rel: 'next', href: nextPage(call, collection, last.id) }] : [],
      ...(page.count !== null && { count: page.count }),
    },
  };
}

/** The same query, continued after the last entry. */
function nextPage(call: Call, collection: string, marker: string): string {
  const query = new URLSearchParams(call.query);
  query.set('marker', marker);
  return call.urls.to(`/v1/${collection}?${query}`);
}
