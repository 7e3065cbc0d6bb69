/** Without what was not said: absent means that it stays as it is, or the default. */
export function wantedPolicy<T extends object>(body: T): Wanted<T> {
  return Object.fromEntries(
    Object.entries(body)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, isPlain(value) ? wantedPolicy(value) : value]),
  ) as Wanted<T>;
}

/** `undefined` is no value here, only absence. */
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
