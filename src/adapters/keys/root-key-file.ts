import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { RewindError } from '../../domain/errors.ts';
import type { RootKeys } from '../../ports/keys.ts';

const LINE = /^([A-Za-z0-9][A-Za-z0-9._-]{0,62}) +([0-9a-fA-F]{64})$/;
const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Others may neither read nor change it; the group may not change it. */
const FORBIDDEN_MODE = 0o037;
const MAX_FILE_BYTES = 65_536;

/**
 * Root keys in a file: one line `<id> <64 hex digits>` for each, the newest last; `#` begins a comment. The file is
 * read again when it changes, so that a key can be added while workers run. Refuses a file that others may read.
 */
export function rootKeyFile(path: string): RootKeys {
  let known: { version: string; keys: Map<string, KeyObject> } | undefined;
  const keys = (): Map<string, KeyObject> => {
    const version = versionOf(path);
    if (known?.version !== version) known = { version, keys: readKeys(path) };
    return known.keys;
  };
  return {
    ids: async () => [...keys().keys()],
    async wrap(secret, boundTo) {
      const [rootKey, key] = [...keys()].at(-1) as [string, KeyObject];
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(associated(rootKey, boundTo));
      const wrapped = Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
      return { rootKey, wrapped: wrapped.toString('hex') };
    },
    async unwrap({ rootKey, wrapped }, boundTo) {
      const key = keys().get(rootKey);
      if (!key) throw rootMissing(rootKey);
      const bytes = Buffer.from(wrapped, 'hex');
      try {
        const nonce = bytes.subarray(0, NONCE_BYTES);
        const cipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
        cipher.setAAD(associated(rootKey, boundTo)).setAuthTag(bytes.subarray(-TAG_BYTES));
        return Buffer.concat([cipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), cipher.final()]);
      } catch (cause) {
        throw unwrapFailed(rootKey, cause);
      }
    },
  };
}

const associated = (rootKey: string, boundTo: string): Buffer => Buffer.from(`${rootKey} ${boundTo}`, 'utf8');

function versionOf(path: string): string {
  try {
    const { mtimeMs, ctimeMs, size, ino } = statSync(path);
    return `${mtimeMs}/${ctimeMs}/${size}/${ino}`;
  } catch (cause) {
    throw problem('archive.encryption.key_file cannot be read.', cause);
  }
}

function readKeys(path: string): Map<string, KeyObject> {
  const keys = new Map<string, KeyObject>();
  for (const line of textOf(path).split('\n')) {
    const words = line.replace(/#.*/, '').trim();
    if (words === '') continue;
    const [, id, hex] = LINE.exec(words) ?? [];
    // The line itself is never shown: it may contain a key.
    if (!id || !hex) throw problem('archive.encryption.key_file: a line is not `<id> <64 hex digits>`.');
    if (keys.has(id)) throw problem('archive.encryption.key_file: an id comes twice.');
    keys.set(id, createSecretKey(Buffer.from(hex, 'hex')));
  }
  if (keys.size === 0) throw problem('archive.encryption.key_file holds no key.');
  return keys;
}

function textOf(path: string): string {
  let text: string;
  let mode: number;
  try {
    mode = statSync(path).mode;
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw problem('archive.encryption.key_file cannot be read.', cause);
  }
  if ((mode & FORBIDDEN_MODE) !== 0) throw problem('archive.encryption.key_file can be read or changed by others.');
  if (text.length > MAX_FILE_BYTES) throw problem('archive.encryption.key_file is too long.');
  return text;
}

const problem = (message: string, cause?: unknown): RewindError =>
  new RewindError('config.encryption-key', message, {
    hint: 'umask 077; echo "$(date +%Y-%m) $(openssl rand -hex 32)" >> root-keys',
    cause,
  });

const rootMissing = (id: string): RewindError =>
  new RewindError(
    'keys.root-missing',
    `The key of the backup was wrapped under the root key ${id}, which is not here.`,
  );

const unwrapFailed = (id: string, cause: unknown): RewindError =>
  new RewindError('keys.unwrap-failed', `The root key ${id} is not the one that wrapped the key of the backup.`, {
    cause,
  });
