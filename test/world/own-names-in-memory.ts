import type { OwnNames } from '../../src/ports/stores/own-names.ts';

/** `given`: ids that this installation gave out; absent: all are. */
export function ownNamesInMemory(given?: readonly string[]): OwnNames {
  const ours = given && new Set(given);
  const since = new Map<string, string>();
  return {
    installation: async () => '99999999-0000-4000-8000-000000000000',
    ours: async (ids) => new Set(ids.filter((id) => ours?.has(id) ?? true)),
    claim: async (ids) => {
      for (const id of ids) ours?.add(id);
    },
    seenSince: async (places, at) => {
      for (const place of [...since.keys()]) if (!places.includes(place)) since.delete(place);
      for (const place of places) if (!since.has(place)) since.set(place, at);
      return new Map(since);
    },
  };
}
