import { createRequire, registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { patchHttp } from './leftovers.ts';

const require = createRequire(import.meta.url);
const TESTS = new URL('../', import.meta.url).href;
const GLOBALS = new URL('globals.ts', import.meta.url).href;
const ADAPTER = /jestAdapterInit/;
const OWN = /\?file=\d+$/;

let file = 0;
let usesNock = false;

/**
 * A test file and the helpers it imports from `test/` are loaded anew for each file: their hooks and counters are its own.
 * Sources and packages are loaded once a process.
 */
registerHooks({
  resolve(specifier, context, next) {
    const own = OWN.exec(context.parentURL ?? '')?.[0];
    if (!own) return next(specifier, context);
    usesNock ||= specifier === 'nock';
    const found = specifier === '@jest/globals' ? next(GLOBALS, context) : next(specifier, context);
    return found.url.startsWith(TESTS) ? { ...found, url: `${found.url}${own}` } : found;
  },
});

/** What Jest Circus asks of a module runtime, answered with Node's own loader: no vm, no transformation, no mocked modules. */
export default class Runtime {
  requireInternalModule(path: string): unknown {
    if (ADAPTER.test(path)) forgetLastFile(path);
    return require(path);
  }

  requireModule(path: string): unknown {
    return require(path);
  }

  unstable_shouldLoadAsEsm(): boolean {
    return true;
  }

  async unstable_importModule(path: string): Promise<unknown> {
    file += 1;
    usesNock = false;
    const loaded = await import(`${pathToFileURL(path).href}?file=${file}`);
    if (usesNock) await patchHttp();
    return loaded;
  }

  setGlobalsForRuntime(globals: object): void {
    Reflect.set(globalThis, Symbol.for('rewind.jest'), globals);
  }

  getSourceMaps(): Map<string, string> {
    return new Map();
  }

  getAllCoverageInfoCopy(): undefined {}
  enterTestCode(): void {}
  leaveTestCode(): void {}
  resetModules(): void {}
  clearAllMocks(): void {}
  resetAllMocks(): void {}
  restoreAllMocks(): void {}
  teardown(): void {}
}

/** Circus keeps its tests in its module and its listeners in a global: both are for one file. */
function forgetLastFile(path: string): void {
  delete require.cache[require.resolve(path)];
  for (const name of ['EVENT_HANDLERS', 'TEST_TIMEOUT_SYMBOL']) Reflect.deleteProperty(globalThis, Symbol.for(name));
}
