/** Paging: rows after `marker` in the order asked for; ties broken by id. */
export interface ListQuery {
  projectId: string | null;
  filters: {
    field: string;
    op: 'eq' | 'neq' | 'in' | 'nin' | 'gt' | 'gte' | 'lt' | 'lte';
    values: string[];
    /** In `in` and `nin`: what goes on behind a value and a dot counts as that value. Of codes. */
    exacter?: boolean;
  }[];
  sort: { field: string; descending: boolean }[];
  limit: number;
  marker: string | null;
  /** A page ends before it has more than this many bytes of its long columns, behind one row at least. */
  mostBytes?: number;
}
