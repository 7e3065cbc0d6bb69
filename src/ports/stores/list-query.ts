/** Paging: rows after `marker` in the requested order; ties are broken by id. */
export interface ListQuery {
  projectId: string | null;
  filters: {
    field: string;
    op: 'eq' | 'neq' | 'in' | 'nin' | 'gt' | 'gte' | 'lt' | 'lte';
    values: string[];
    /** For codes, in `in` and `nin`: what follows a value and a dot counts as that value. */
    exacter?: boolean;
  }[];
  sort: { field: string; descending: boolean }[];
  limit: number;
  marker: string | null;
  /** A page ends before its long columns exceed this many bytes, but after at least one row. */
  mostBytes?: number;
}
