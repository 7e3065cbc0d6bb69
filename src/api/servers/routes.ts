import { badRequest } from '../calls/call-errors.ts';
import { readBoolean } from '../calls/list/filter-value.ts';
import { onlyOnce, readLimit } from '../calls/list/read-list-query.ts';
import { type Call, route } from '../calls/route.ts';
import type { ShownServer } from './list.ts';
import { serversAnswer } from './schemas.ts';

export const listServers = route({
  method: 'get',
  path: '/v1/servers',
  operationId: 'listServers',
  summary: 'List the servers of the project, by name, and how well each is looked after',
  query: ['protected', 'rpo_missed', 'limit', 'marker'],
  heavy: true,
  answers: { 200: serversAnswer },
  async handle(call) {
    const once = (name: string): string | null => onlyOnce(call.query, name);
    const wanted = (name: 'protected' | 'rpo_missed') => {
      const text = once(name);
      const value = text === null ? null : readBoolean(name, text);
      return (server: ShownServer): boolean => value === null || server[name] === value;
    };
    const filters = [wanted('protected'), wanted('rpo_missed')];
    const limit = readLimit(once('limit'), call.settings);
    const marker = once('marker');
    const all = (await call.services.listServers(call.caller)).filter((one) => filters.every((filter) => filter(one)));
    const from = marker === null ? 0 : all.findIndex((one) => one.id === marker) + 1;
    if (marker !== null && from === 0) throw badRequest('marker.unknown', 'The marker names nothing in this list.');
    const servers = all.slice(from, from + limit);
    return { status: 200, body: { servers, links: from + limit < all.length ? [next(call, servers)] : [] } };
  },
});

/** The same query, continued after the last entry. */
function next(call: Call, servers: readonly ShownServer[]): { rel: 'next'; href: string } {
  const query = new URLSearchParams(call.query);
  query.set('marker', servers.at(-1)?.id ?? '');
  return { rel: 'next', href: call.urls.to(`/v1/servers?${query}`) };
}
