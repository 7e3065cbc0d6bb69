import { type Expression, type ExpressionBuilder, type SelectQueryBuilder, type SqlBool, sql } from 'kysely';
import { RewindError } from '../../domain/errors.ts';
import type { ListQuery } from '../../ports/stores.ts';
import { guarded } from './database-trouble.ts';
import { filterValue, invalid } from './filter-value.ts';
import { type FieldKind, LIST_FIELDS, type ListedTable } from './list-fields.ts';
import type { Database, Tables } from './tables.ts';

/** No page is longer, whatever was asked for. */
const LONGEST_PAGE = 1_000;
const MOST_FILTERS = 50;
const MOST_VALUES = 200;
const MOST_SORT_FIELDS = 8;

type Value = string | number | null;
type Row = Record<string, Value>;
type Where = ExpressionBuilder<Record<string, Row>, string>;
interface SortField {
  field: string;
  descending: boolean;
}

/** One page of a table. @throws RewindError `filter.invalid`, `sort.invalid`, `marker.unknown` (400) */
export async function listRows<T extends ListedTable>(db: Database, table: T, query: ListQuery): Promise<Tables[T][]> {
  const sort = sortFields(table, query);
  let select = filtered(db, table, query);
  if (query.marker !== null) {
    const marker = await markerRow(db, table, query.marker, query.projectId);
    select = select.where((eb) => after(eb, sort, marker));
  }
  for (const { field, descending } of sort) select = select.orderBy(field, descending ? 'desc' : 'asc');
  const limit = Math.max(0, Math.min(Math.floor(query.limit), LONGEST_PAGE));
  return (await guarded(() => select.selectAll().limit(limit).execute())) as unknown as Tables[T][];
}

/** How many rows all pages have together. */
export async function countRows(db: Database, table: ListedTable, query: ListQuery): Promise<number> {
  const select = filtered(db, table, query).select(sql<number>`count(*)`.as('n'));
  const row = await guarded(() => select.executeTakeFirstOrThrow());
  return Number(row.n);
}

/** The project comes first: whatever the filters say, a caller sees no other's rows. Null: an admin, all projects. */
function filtered(
  db: Database,
  table: ListedTable,
  query: ListQuery,
): SelectQueryBuilder<Record<string, Row>, string, object> {
  if (query.filters.length > MOST_FILTERS) throw invalid(`There may be at most ${MOST_FILTERS} filters.`);
  let select = selectFrom(db, table);
  if (query.projectId !== null) select = select.where('project_id', '=', query.projectId);
  for (const filter of query.filters) {
    const kind = fieldKind(table, filter.field);
    if (!kind) throw invalid('There is no filter of this name.');
    select = select.where((eb) => condition(eb, filter, kind));
  }
  return select;
}

// Kysely's types want the table's name at compile time; here it is one of a few.
const selectFrom = (db: Database, table: ListedTable): SelectQueryBuilder<Record<string, Row>, string, object> =>
  db.selectFrom(table) as unknown as SelectQueryBuilder<Record<string, Row>, string, object>;

const fieldKind = (table: ListedTable, field: string): FieldKind | undefined =>
  Object.hasOwn(LIST_FIELDS[table], field) ? LIST_FIELDS[table][field as never] : undefined;

const OPERATORS = { eq: '=', neq: '!=', gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;

/** A row without a value is unequal to every value, as people expect and SQL does not. */
function condition(eb: Where, filter: ListQuery['filters'][number], kind: FieldKind): Expression<SqlBool> {
  const { field, op } = filter;
  if (filter.values.length > MOST_VALUES) throw invalid(`The filter ${field} has more than ${MOST_VALUES} values.`);
  const values = filter.values.map((text) => filterValue(field, kind, text));
  if (op === 'in') return values.length === 0 ? eb.lit(false) : eb(field, 'in', values);
  if (op === 'nin') {
    return values.length === 0 ? eb.lit(true) : eb.or([eb(field, 'not in', values), eb(field, 'is', null)]);
  }
  const [value] = values;
  if (value === undefined || values.length > 1) throw invalid(`The filter ${field} takes one value.`);
  const compared = eb(field, OPERATORS[op], value);
  return op === 'neq' ? eb.or([compared, eb(field, 'is', null)]) : compared;
}

/** Newest first unless asked otherwise; the id makes the order total, so that no page repeats or skips a row. */
function sortFields(table: ListedTable, query: ListQuery): SortField[] {
  const sort = query.sort.length > 0 ? [...query.sort] : [{ field: 'created_at', descending: true }];
  const known = sort.every(({ field }) => fieldKind(table, field) !== undefined);
  if (!known || sort.length > MOST_SORT_FIELDS)
    throw new RewindError('sort.invalid', 'The list cannot be sorted by this.', { status: 400 });
  return [...sort, { field: 'id', descending: sort[sort.length - 1]?.descending ?? false }];
}

async function markerRow(db: Database, table: ListedTable, id: string, projectId: string | null): Promise<Row> {
  let select = selectFrom(db, table).selectAll().where('id', '=', id);
  if (projectId !== null) select = select.where('project_id', '=', projectId);
  const row = await guarded(() => select.executeTakeFirst());
  if (!row) throw new RewindError('marker.unknown', 'The marker names nothing in this list.', { status: 400 });
  return row as Row;
}

/** Rows behind the marker: equal to it in the first k sort fields and behind it in the next, for some k. */
function after(eb: Where, sort: SortField[], marker: Row): Expression<SqlBool> {
  return eb.or(
    sort.map((last, k) =>
      eb.and([
        ...sort.slice(0, k).map(({ field }) => equal(eb, field, marker[field] ?? null)),
        behind(eb, last, marker[last.field] ?? null),
      ]),
    ),
  );
}

const equal = (eb: Where, field: string, value: Value): Expression<SqlBool> =>
  value === null ? eb(field, 'is', null) : eb(field, '=', value);

/** SQLite and MariaDB both put rows without a value before all others (descending: after them). */
function behind(eb: Where, { field, descending }: SortField, value: Value): Expression<SqlBool> {
  if (!descending) return value === null ? eb(field, 'is not', null) : eb(field, '>', value);
  return value === null ? eb.lit(false) : eb.or([eb(field, '<', value), eb(field, 'is', null)]);
}
