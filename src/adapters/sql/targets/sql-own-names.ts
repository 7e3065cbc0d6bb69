import type { OwnNames } from '../../../ports/stores/own-names.ts';
import type { Ids } from '../../../ports/system.ts';
import { guarded, isUniqueViolation } from '../database/database-trouble.ts';
import type { Database, Tables } from '../database/tables.ts';

/** Number of ids in one query. */
const MOST_IDS = 500;

export function sqlOwnNames(db: Database, ids: Ids): OwnNames {
  const known = async <T extends string>(all: readonly T[], some: (part: T[]) => Promise<T[]>): Promise<Set<T>> => {
    const found = new Set<T>();
    for (let from = 0; from < all.length; from += MOST_IDS)
      for (const one of await some(all.slice(from, from + MOST_IDS))) found.add(one);
    return found;
  };
  const read = () => guarded(() => db.selectFrom('installation').select('id').where('one', '=', 1).executeTakeFirst());
  return {
    async installation() {
      if (!(await read())) await unlessThere(() => insert(db, 'installation', { one: 1, id: ids.uuid() }));
      return (await read())?.id ?? '';
    },
    ours: (all) =>
      known(all, async (part) => {
        const select = db.selectFrom('own_ids').select('id').where('id', 'in', part);
        return (await guarded(() => select.execute())).map((row) => row.id);
      }),
    async claim(all) {
      for (const id of new Set(all)) await unlessThere(() => insert(db, 'own_ids', { id }));
    },
    async seenSince(places, at) {
      const rows = await guarded(() => db.selectFrom('inventory_seen').selectAll().execute());
      const since = new Map(rows.map((row) => [row.place, row.since]));
      const now = new Set(places);
      for (const { place } of rows)
        if (!now.has(place)) await guarded(() => db.deleteFrom('inventory_seen').where('place', '=', place).execute());
      for (const place of now)
        if (!since.has(place)) await unlessThere(() => insert(db, 'inventory_seen', { place, since: at }));
      return new Map([...now].map((place) => [place, since.get(place) ?? at]));
    },
  };
}

const insert = <T extends 'installation' | 'own_ids' | 'inventory_seen'>(db: Database, table: T, row: Tables[T]) =>
  db
    .insertInto(table)
    .values(row as never)
    .execute();

const unlessThere = (act: () => Promise<unknown>): Promise<void> =>
  guarded(async () => {
    await act().catch((error: unknown) => {
      if (!isUniqueViolation(error)) throw error;
    });
  });
