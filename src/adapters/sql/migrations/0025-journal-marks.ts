import { CompiledQuery, type Kysely } from 'kysely';

/** What a step makes is known again by a random mark written with its intent; what it is about to ask, by a note. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const journal = (await db.introspection.getTables()).find((table) => table.name === 'journal');
  const there = new Set(journal?.columns.map((column) => column.name));
  // A statement that changes a table cannot be rolled back everywhere: this migration may run twice.
  if (!there.has('mark')) await db.executeQuery(CompiledQuery.raw('alter table journal add column mark char(36)'));
  if (!there.has('noted')) await db.executeQuery(CompiledQuery.raw('alter table journal add column noted longtext'));
}
