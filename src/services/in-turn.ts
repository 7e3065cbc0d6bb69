/** The last act of each key, per holder; entries leave when their turn is over. */
const queues = new WeakMap<object, Map<string, Promise<unknown>>>();

/**
 * Runs acts of one key one after the other, so that counting and recording are one: parallel requests of a project
 * cannot all see the last free place. Within this process only.
 */
export async function inTurn<T>(holder: object, key: string, act: () => Promise<T>): Promise<T> {
  const turns = queues.get(holder) ?? new Map<string, Promise<unknown>>();
  queues.set(holder, turns);
  const before = turns.get(key) ?? Promise.resolve();
  const mine = before.then(act, act);
  const settled = mine.catch(() => {});
  turns.set(key, settled);
  try {
    return await mine;
  } finally {
    if (turns.get(key) === settled) turns.delete(key);
  }
}
