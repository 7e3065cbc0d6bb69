import { createSecretKey, randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootKeyFile } from '../../../../src/adapters/keys/root-key-file.ts';
import { projectKeys } from '../../../../src/archive/keys/project-keys.ts';
import type { KeyRing, RootKeys } from '../../../../src/ports/keys.ts';
import type { Erasures } from '../../../../src/ports/stores/erasures.ts';
import type { Clock } from '../../../../src/ports/system.ts';
import { KEY } from './backups.ts';

/** A clock that stands until somebody moves it. */
export class StoppedClock implements Clock {
  ms = 0;
  now = () => this.ms;
  monotonic = () => this.ms;
  sleep = async () => undefined;
}

export interface RootFile {
  path: string;
  keys: RootKeys;
  write(...lines: string[]): void;
}

export const rootLine = (id: string, byte: number): string => `${id} ${Buffer.alloc(32, byte).toString('hex')}`;

/** A real key file, in a folder of its own below the system's temporary one. */
export function rootFile(...lines: string[]): RootFile {
  const path = join(mkdtempSync(join(tmpdir(), 'rewind-keys-')), 'root-keys');
  const write = (...now: string[]) => {
    writeFileSync(path, `# operator's\n${now.join('\n')}\n`, { mode: 0o600 });
    chmodSync(path, 0o600);
  };
  write(...lines);
  return { path, keys: rootKeyFile(path), write };
}

export const ringOf = (
  rootKeys: RootKeys | null,
  encrypt = true,
  clock: Clock = new StoppedClock(),
  erasures?: Erasures,
): KeyRing =>
  projectKeys({ rootKeys, manifestKey: KEY, encrypt, ids: { uuid: randomUUID }, clock, ...(erasures && { erasures }) });

/** What a database remembers. */
export function memoryErasures(): Erasures & { ids: Set<string> } {
  const ids = new Set<string>();
  return {
    ids,
    ofProject: async () => new Set(ids),
    remember: async (_, keyIds) => {
      for (const id of keyIds) ids.add(id);
    },
  };
}

/** Always the same key, on no target: for tests of runs alone. */
export function fixedRing(byte = 9): KeyRing {
  const key = {
    id: '4e000000-0000-4000-8000-000000000001',
    key: createSecretKey(Buffer.alloc(32, byte)),
  };
  return { current: async () => key, find: async () => key };
}
