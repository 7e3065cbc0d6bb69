/**
 * JSON text that is the same for equal values, whatever the order of their keys: so a value that went through a
 * database is still equal.
 */
export function sortedText(value: unknown): string {
  return JSON.stringify(sorted(JSON.parse(JSON.stringify(value ?? null))));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  // A list of pairs, because an object would put keys that look like numbers first.
  return { of: entries.map(([key, item]) => [key, sorted(item)]) };
}
