import type { Listed } from '../../../domain/fields.ts';
import type { Tables } from '../database/tables.ts';
import { LISTED, type ListedTable, namesOf } from './list-fields.ts';

/** Columns that lists need and that are not fields of the resource. */
const BESIDES = { operations: ['trouble'] } as const;

type Besides<T> = T extends keyof typeof BESIDES ? (typeof BESIDES)[T][number] : never;
export type ListedRow<T extends ListedTable> = Pick<
  Tables[T],
  (Listed<(typeof LISTED)[T]> | Besides<T>) & keyof Tables[T]
>;

const besides = (table: ListedTable): readonly string[] => (table === 'operations' ? BESIDES[table] : []);

export const listedColumns = (table: ListedTable): string[] => [
  ...namesOf(LISTED[table], ({ unlisted }) => !unlisted),
  ...besides(table),
];

/** Texts that tenants or their servers may make as long as they like: they decide how many rows a page may have. */
export const longColumns = (table: ListedTable): string[] => [
  ...namesOf(LISTED[table], ({ long }) => long === true),
  ...besides(table),
];
