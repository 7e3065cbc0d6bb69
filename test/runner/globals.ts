/** What a test imports from `@jest/globals`: Jest Circus and expect of the file that runs, laid down by `runtime.ts`. */
const { describe, expect, it, test, ...hooks } = Reflect.get(globalThis, Symbol.for('rewind.jest'));
const { afterAll, afterEach, beforeAll, beforeEach } = hooks;

const jest = {
  /** Milliseconds for each test and hook of the file that comes after. */
  setTimeout(ms: number): void {
    Reflect.set(globalThis, Symbol.for('TEST_TIMEOUT_SYMBOL'), ms);
  },
};

export { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest, test };
