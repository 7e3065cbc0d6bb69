import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { readHostKey } from '../../../src/config/host-keys.ts';

const folder = mkdtempSync(join(tmpdir(), 'rewind-host-key-'));
afterAll(() => rmSync(folder, { recursive: true }));

function read(text: string): Uint8Array {
  const keyFile = join(folder, 'key');
  writeFileSync(keyFile, text);
  const config = { agent: { keyFile }, worker: { hostSecretFile: null }, archive: { manifestKeyFile: null } };
  return readHostKey(config as never, 'compute1');
}

test('the key of a host is 32 bytes in hex, in either case, with or without an end of line', () => {
  for (const text of ['ab'.repeat(32), `${'AB'.repeat(32)}\n`])
    expect(Buffer.from(read(text)).toString('hex')).toBe('ab'.repeat(32));
});

test.each(['', 'ab'.repeat(16), 'ab'.repeat(31), 'ab'.repeat(33), 'zz'.repeat(32)])('%j is none', (text) => {
  expect(() => read(text)).toThrow(expect.objectContaining({ code: 'vm-backup.config.host-key' }));
});
