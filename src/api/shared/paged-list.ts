import type { Caller } from '../../domain/caller.ts';
import type { ListQuery } from '../../ports/stores/list-query.ts';
import type { Rule } from '../authorization/rules.ts';
import type { ServiceDeps } from './api-deps.ts';

/** What a caller asks of a list; fields and values were checked when the request was read. */
export interface ListRequest {
  filters: ListQuery['filters'];
  sort: ListQuery['sort'];
  limit: number;
  marker: string | null;
  withCount: boolean;
  allProjects: boolean;
}

export interface Page<T> {
  items: T[];
  /** True: there may be entries after the last one. */
  more: boolean;
  /** The number on all pages together, if requested. */
  count: number | null;
}

/** The longest page that the stores return. */
const STORE_PAGE = 1_000;
/**
 * Limit for the parts of one page's rows that tenants may make long: beyond it a page ends, and the next one continues.
 */
const PAGE_BYTES = 4 * 1024 ** 2;

/** Rejects with `forbidden` (403), `marker.unknown` (400). */
export async function listPage<T extends { id: string }>(
  deps: Pick<ServiceDeps, 'policy'>,
  caller: Caller,
  rule: Rule,
  request: ListRequest,
  store: { list(query: ListQuery): Promise<T[]>; count(query: ListQuery): Promise<number> },
): Promise<Page<T>> {
  deps.policy.enforce(rule, caller, { project_id: caller.projectId, user_id: caller.userId });
  if (request.allProjects) deps.policy.enforce('vm-backup:all_projects', caller, {});
  const { filters, sort, marker } = request;
  const query: ListQuery = {
    projectId: request.allProjects ? null : caller.projectId,
    filters,
    sort,
    marker,
    // One more than requested shows whether there is a next page.
    limit: Math.min(request.limit + 1, STORE_PAGE),
    mostBytes: PAGE_BYTES,
  };
  const rows = await store.list(query);
  const items = rows.slice(0, request.limit);
  return {
    items,
    more: rows.length > request.limit || (await goesOn(rows, query, store.list)),
    count: request.withCount ? await store.count({ ...query, marker: null }) : null,
  };
}

/** A page that is shorter than requested is the last one, or was cut because its rows are long. */
async function goesOn<T extends { id: string }>(
  rows: readonly T[],
  query: ListQuery,
  list: (query: ListQuery) => Promise<T[]>,
): Promise<boolean> {
  const last = rows.at(-1);
  return last !== undefined && (await list({ ...query, marker: last.id, limit: 1 })).length > 0;
}
