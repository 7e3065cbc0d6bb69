/** Tests run as the program does: Node strips the types, sources are loaded once a process; tsc checks them in `npm run check`. */
export default {
  runtime: '<rootDir>/test/runner/runtime.ts',
  testEnvironment: '<rootDir>/test/runner/environment.ts',
  roots: ['<rootDir>/src', '<rootDir>/test'],
  transform: {},
  globalSetup: '<rootDir>/test/runner/before-all.ts',
  testTimeout: 60_000,
};
