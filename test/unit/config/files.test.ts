import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { drainFile } from '../../../src/config/drain-file.ts';
import { readManifestKey } from '../../../src/config/manifest-key.ts';
import { policyFile } from '../../../src/config/policy-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'rewind-files-'));

test('the policy file is read when it changes, and only then', () => {
  const path = join(folder, 'policy.yaml');
  const read = policyFile(path);
  expect(read().rules).toEqual({});
  writeFileSync(path, '"vm-backup:backups:create": "role:boss"\n');
  const first = read();
  expect(first.rules).toEqual({ 'vm-backup:backups:create': 'role:boss' });
  expect(read()).toBe(first);
  writeFileSync(path, 'x: [1]\n');
  utimesSync(path, 1, 1);
  expect(read).toThrow(/cannot be read/);
  rmSync(path);
  expect(read().rules).toEqual({});
});

test('the drain file', () => {
  const path = join(folder, 'drain');
  const drained = drainFile(path);
  expect([drained(), drainFile(null)()]).toEqual([false, false]);
  writeFileSync(path, '');
  expect(drained()).toBe(true);
});

test('the manifest key is 32 bytes of hex or nothing', () => {
  const path = join(folder, 'key');
  writeFileSync(path, `${'AB'.repeat(32)}\n`);
  const key = readManifestKey(path);
  expect(key.reveal()).toBe('ab'.repeat(32));
  expect(`${key}`).toBe('[secret]');
  writeFileSync(path, 'short');
  expect(() => readManifestKey(path)).toThrow(/32 bytes/);
  expect(() => readManifestKey(null)).toThrow(/cannot be read/);
});
