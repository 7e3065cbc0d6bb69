import { atLeast } from '../calls/version.ts';

/** Leaves out what was not given: absent means unchanged, or the default. */
export function wantedPolicy<T extends object>(body: T): Wanted<T> {
  return Object.fromEntries(
    Object.entries(body)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, isPlain(value) ? wantedPolicy(value) : value]),
  ) as Wanted<T>;
}

/**
 * A change of a policy: omitted fields keep their value, null is the default again. Before version 1.1 the servers were
 * given as a whole, and omitted parts of them were empty.
 */
export function changedPolicy<T extends { servers?: object | undefined }>(body: T, version: string): Wanted<T> {
  const { servers, ...more } = body;
  if (!servers) return wantedPolicy(body);
  const whole = atLeast(version, '1.1') ? servers : { ...NO_SERVERS, ...wantedPolicy(servers) };
  return wantedPolicy({ ...more, servers: whole }) as Wanted<T>;
}

const NO_SERVERS = { all: false, ids: [], tags: [], metadata: {}, except_ids: [] };

/** Here `undefined` is no value, only absence. */
type Wanted<T> = {
  [K in keyof T]: Exclude<T[K], undefined> extends infer V
    ? V extends unknown[]
      ? V
      : V extends object
        ? Wanted<V>
        : V
    : never;
};

const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
