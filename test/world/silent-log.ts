import type { Log } from '../../src/ports/system.ts';

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {}, with: () => silentLog };
