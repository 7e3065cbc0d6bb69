/** The same object, which tells of each call of its methods before it is done. */
export const eachCall = <T extends object>(of: T, before: (name: string, args: unknown[]) => void | Promise<void>): T =>
  new Proxy(of, {
    get(target, key, receiver) {
      const value = Reflect.get(target, key, receiver);
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]) => {
        await before(String(key), args);
        return (value as (...all: unknown[]) => unknown).apply(target, args);
      };
    },
  });
