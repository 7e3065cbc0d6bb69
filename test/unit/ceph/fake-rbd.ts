import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CephSettings } from '../../../src/adapters/ceph/ceph-settings.ts';
import { createCeph } from '../../../src/adapters/ceph/rbd-ceph.ts';
import type { Ceph } from '../../../src/ports/ceph.ts';

/** An `rbd` made of a shell script: it behaves as one test wants it to. */
export interface FakeRbd {
  ceph: Ceph;
  folder: string;
  /** Another `ceph` with these settings. */
  use(settings: Partial<CephSettings>): void;
  /** The arguments of each call, without those that every call has. */
  calls(): string[][];
  /** What it wrote into the file `$OUT`. */
  written(): Buffer;
  remove(): void;
}

/** In the script `$1` is the subcommand, `$OUT` a file to write to. */
export function fakeRbd(script: string, settings: Partial<CephSettings> = {}): FakeRbd {
  const directory = mkdtempSync(join(tmpdir(), 'rewind-rbd-'));
  const [bin, log, out] = ['rbd', 'calls', 'out'].map((name) => join(directory, name)) as [string, string, string];
  writeFileSync(log, '');
  writeFileSync(out, '');
  const head = `#!/bin/sh
OUT=${out}
for argument in "$@"; do printf '%s\\t' "$argument"; done >>${log}; echo >>${log}
shift 10
`;
  writeFileSync(bin, head + script);
  chmodSync(bin, 0o755);
  const usual = { conf: '/etc/ceph/ceph.conf', user: 'rewind', opTimeoutSeconds: 1, stallSeconds: 1 };
  const fake: FakeRbd = {
    ceph: createCeph({ ...usual, ...settings, bin }),
    folder: directory,
    use: (more) => {
      fake.ceph = createCeph({ ...usual, ...settings, ...more, bin });
    },
    calls: () =>
      readFileSync(log, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.split('\t').slice(0, -1)),
    written: () => readFileSync(out),
    remove: () => rmSync(directory, { recursive: true }),
  };
  return fake;
}
