/** Careful reading of foreign JSON: a wrong shape becomes an empty one, never a crash. */
export type JsonObject = Record<string, unknown>;

export function object(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

export function list(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.map(object) : [];
}

export function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

export function integer(value: unknown): number | null {
  return Number.isSafeInteger(value) ? (value as number) : null;
}

/** A map of strings, like metadata; other values are left out. */
export function strings(value: unknown): Record<string, string> {
  const pairs = Object.entries(object(value)).filter((pair): pair is [string, string] => typeof pair[1] === 'string');
  return Object.fromEntries(pairs);
}
