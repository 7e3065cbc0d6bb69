import { type Expression, type ExpressionBuilder, type SelectQueryBuilder, type SqlBool, sql } from 'kysely';
import { RewindError } from '../../../domain/errors.ts';
import type { ListQuery } from '../../../ports/stores/list-query.ts';
import { guarded } from '../database/database-trouble.ts';
import type { Database } from '../database/tables.ts';
import { type FieldKind, fieldKind, type ListedTable, sortable } from './list-fields.ts';
import { type ListedRow, listedColumns, longColumns } from './listed-columns.ts';
import { filterValue, invalid } from './stored-filter-value.ts';

/** No page is longer, whatever was requested. */
const LONGEST_PAGE = 1_000;
const MOST_FILTERS = 50;
const MOST_VALUES = 200;
const MOST_SORT_FIELDS = 8;

type Value = string | number | null;
type Row = Record<string, Value>;
type Select = SelectQueryBuilder<Record<string, Row>, string, object>;
type Where = ExpressionBuilder<Record<string, Row>, string>;
interface SortField {
  field: string;
  descending: boolean;
}

/**
 * One page of a table, without what no list shows; shorter than requested when its rows are long and `mostBytes` says
 * so.
 * @throws RewindError `filter.invalid`, `sort.invalid`, `marker.unknown` (400)
 */
export async function listRows<T extends ListedTable>(
  db: Database,
  table: T,
  query: ListQuery,
): Promise<ListedRow<T>[]> {
  const sort = sortFields(table, query);
  let select = filtered(db, table, query);
  if (query.marker !== null) {
    const marker = await markerRow(db, table, query.marker, query.projectId);
    select = select.where((eb) => after(eb, sort, marker));
  }
  for (const { field, descending } of sort) select = select.orderBy(field, descending ? 'desc' : 'asc');
  const limit = Math.max(0, Math.min(Math.floor(query.limit), LONGEST_PAGE));
  const most = await rowsWithin(table, select.limit(limit), query.mostBytes);
  return (await guarded(() => select.select(listedColumns(table)).limit(Math.min(limit, most)).execute())) as never;
}

/** The number of rows that are short enough together: their lengths are read before the rows. */
async function rowsWithin(table: ListedTable, select: Select, mostBytes: number | undefined): Promise<number> {
  const long = longColumns(table);
  if (mostBytes === undefined || long.length === 0) return LONGEST_PAGE;
  const lengths = long.map((column) => sql<number>`coalesce(length(${sql.ref(column)}), 0)`);
  const rows = await guarded(() => select.select(sql<number>`${sql.join(lengths, sql` + `)}`.as('bytes')).execute());
  let left = mostBytes;
  const cut = rows.findIndex(({ bytes }, index) => {
    left -= Number(bytes);
    return left < 0 && index > 0;
  });
  return cut < 0 ? LONGEST_PAGE : cut;
}

/** The number of rows on all pages together. */
export async function countRows(db: Database, table: ListedTable, query: ListQuery): Promise<number> {
  const select = filtered(db, table, query).select(sql<number>`count(*)`.as('n'));
  const row = await guarded(() => select.executeTakeFirstOrThrow());
  return Number(row.n);
}

/**
 * The project comes first: whatever the filters say, a caller sees no other project's rows. Null: all projects, for an
 * administrator.
 */
function filtered(db: Database, table: ListedTable, query: ListQuery): Select {
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

// Kysely's types need the table's name at compile time; here it is one of a few.
const selectFrom = (db: Database, table: ListedTable): Select => db.selectFrom(table) as unknown as Select;

const OPERATORS = { eq: '=', neq: '!=', gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;

/** A row without a value is unequal to every value, as people expect but SQL does not do. */
function condition(eb: Where, filter: ListQuery['filters'][number], kind: FieldKind): Expression<SqlBool> {
  const { field, op } = filter;
  if (filter.values.length > MOST_VALUES) throw invalid(`The filter ${field} has more than ${MOST_VALUES} values.`);
  const values = filter.values.map((text) => filterValue(field, kind, text));
  if (filter.exacter) return exacter(eb, filter);
  if (op === 'in') return values.length === 0 ? eb.lit(false) : eb(field, 'in', values);
  if (op === 'nin') {
    return values.length === 0 ? eb.lit(true) : eb.or([eb(field, 'not in', values), eb(field, 'is', null)]);
  }
  const [value] = values;
  if (value === undefined || values.length > 1) throw invalid(`The filter ${field} takes one value.`);
  const compared = eb(field, OPERATORS[op], value);
  return op === 'neq' ? eb.or([compared, eb(field, 'is', null)]) : compared;
}

/**
 * Uses a range, so that an index serves and no character in a value has a special meaning: '/' comes right after '.'.
 */
function exacter(eb: Where, { field, op, values }: ListQuery['filters'][number]): Expression<SqlBool> {
  const each = values.map((value) =>
    eb.or([eb(field, '=', value), eb.and([eb(field, '>', `${value}.`), eb(field, '<', `${value}/`)])]),
  );
  if (op === 'in') return eb.or(each);
  if (op === 'nin') return eb.or([eb.not(eb.or(each)), eb(field, 'is', null)]);
  throw invalid(`The filter ${field} cannot be asked for so.`);
}

/** Newest first unless requested otherwise; the id makes the order total, so that no page repeats or skips a row. */
function sortFields(table: ListedTable, query: ListQuery): SortField[] {
  const sort = query.sort.length > 0 ? [...query.sort] : [{ field: 'created_at', descending: true }];
  const known = sort.every(({ field }) => fieldKind(table, field) !== undefined);
  if (!known || sort.length > MOST_SORT_FIELDS) throw new RewindError('sort.invalid');
  return [...sort, { field: 'id', descending: sort[sort.length - 1]?.descending ?? false }];
}

async function markerRow(db: Database, table: ListedTable, id: string, projectId: string | null): Promise<Row> {
  let select = selectFrom(db, table).select(sortable(table)).where('id', '=', id);
  if (projectId !== null) select = select.where('project_id', '=', projectId);
  const row = await guarded(() => select.executeTakeFirst());
  if (!row) throw new RewindError('marker.unknown');
  return row as Row;
}

/** Rows after the marker: equal to it in the first k sort fields and after it in the next, for some k. */
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
