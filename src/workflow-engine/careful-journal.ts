import { hasCode } from '../domain/errors.ts';
import type { Journal } from '../ports/stores/journal.ts';
import { LetGo } from './signals.ts';

/**
 * A journal whose failures end this claim and nothing else: an operation must never be undone because the database did
 * not answer. If it was fenced, a successor has it; after any other failure, the next claim continues from what is
 * recorded.
 */
export function carefulJournal(journal: Journal): Journal {
  const careful =
    <A extends unknown[], R>(write: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      try {
        return await write(...args);
      } catch (error) {
        const letGo = new LetGo(hasCode(error, 'workflow.fenced') ? 'taken-over' : 'lease-lost');
        letGo.cause = error;
        throw letGo;
      }
    };
  return {
    openOperation: (id) => journal.openOperation(id),
    openOperations: () => journal.openOperations(),
    claim: (seen, worker) => journal.claim(seen, worker),
    release: (id, fence, pause) => journal.release(id, fence, pause),
    load: careful((id) => journal.load(id)),
    beat: (id, fence, progress) => journal.beat(id, fence, progress),
    intend: careful((id, fence, key, input) => journal.intend(id, fence, key, input)),
    note: careful((id, fence, key, noted) => journal.note(id, fence, key, noted)),
    complete: careful((id, fence, key, output) => journal.complete(id, fence, key, output)),
    markUndone: careful((id, fence, key) => journal.markUndone(id, fence, key)),
    commit: careful((id, fence) => journal.commit(id, fence)),
    beginUndo: careful((id, fence, failure) => journal.beginUndo(id, fence, failure)),
    noteTrouble: careful((id, fence, failure) => journal.noteTrouble(id, fence, failure)),
    finish: careful((id, fence, end) => journal.finish(id, fence, end)),
  };
}
