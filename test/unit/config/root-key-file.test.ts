import { chmodSync, writeFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { rootKeyFile } from '../../../src/adapters/keys/root-key-file.ts';
import { RewindError } from '../../../src/domain/errors.ts';
import { rootFile, rootLine } from '../archive/support/key-rings.ts';

const refused = async (act: () => Promise<unknown>): Promise<RewindError> => {
  const error = await act().then(
    () => undefined,
    (one) => one,
  );
  if (!(error instanceof RewindError)) throw error ?? new Error('was not refused');
  expect(error.code).toBe('vm-backup.config.encryption-key');
  return error;
};

describe('the file of root keys', () => {
  it('holds several keys, of which the last one wraps', async () => {
    const { keys } = rootFile(rootLine('2025', 1), `${rootLine('2026', 2)} # now`);
    expect(await keys.ids()).toEqual(['2025', '2026']);
    const wrapped = await keys.wrap(Buffer.alloc(32, 5), 'here');
    expect(wrapped.rootKey).toBe('2026');
    expect(Buffer.from(await keys.unwrap(wrapped, 'here')).equals(Buffer.alloc(32, 5))).toBe(true);
    await expect(keys.unwrap(wrapped, 'there')).rejects.toThrow(/not the one that wrapped/);
  });

  it('is read again when it changes', async () => {
    const file = rootFile(rootLine('a', 1));
    const wrapped = await file.keys.wrap(Buffer.alloc(32, 5), 'x');
    file.write(rootLine('a', 1), rootLine('b', 2));
    expect((await file.keys.wrap(Buffer.alloc(32), 'x')).rootKey).toBe('b');
    expect(await file.keys.unwrap(wrapped, 'x')).toHaveLength(32);
  });

  it.each([0o644, 0o604, 0o620, 0o666, 0o460])('is refused with mode %o', async (mode) => {
    const { path } = rootFile(rootLine('a', 1));
    chmodSync(path, mode);
    expect((await refused(() => rootKeyFile(path).ids())).message).toMatch(/by others/);
  });

  it.each([0o400, 0o440, 0o600, 0o640])('is taken with mode %o', async (mode) => {
    const { path } = rootFile(rootLine('a', 1));
    chmodSync(path, mode);
    expect(await rootKeyFile(path).ids()).toEqual(['a']);
  });

  it('is refused when a line is wrong, and the line is not shown', async () => {
    const hex = 'ab'.repeat(31);
    for (const lines of [`a ${hex}`, hex, `a b ${hex}`, `${rootLine('a', 1)}\n${rootLine('a', 2)}`, '', '# nothing']) {
      const { path } = rootFile();
      writeFileSync(path, lines);
      const error = await refused(() => rootKeyFile(path).ids());
      expect(inspect(error, { depth: 5 })).not.toMatch(/abab|0101|0202/);
    }
    await refused(() => rootKeyFile('/nonexistent/keys').ids());
  });

  it('never shows a key', async () => {
    const { keys } = rootFile(rootLine('a', 1));
    await keys.ids();
    expect(inspect(keys, { depth: 9, showHidden: true })).not.toMatch(/0101/);
  });
});
