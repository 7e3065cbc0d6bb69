import { asRewindError } from '../domain/errors.ts';
import type { Log } from '../ports/system.ts';

/**
 * Handles one after the other, until `over`. A failure is logged, with what `told` says about the item, and keeps no
 * other waiting.
 */
export async function eachByItself<T>(
  log: Log,
  over: AbortSignal,
  items: Iterable<T> | AsyncIterable<T>,
  told: (item: T) => { trouble: string } & Record<string, unknown>,
  act: (item: T) => Promise<unknown>,
): Promise<void> {
  for await (const item of items) {
    if (over.aborted) return;
    try {
      await act(item);
    } catch (error) {
      const { trouble, ...fields } = told(item);
      if (!over.aborted) log.warn(trouble, { ...fields, err: asRewindError(error) });
    }
  }
}
