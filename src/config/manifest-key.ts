import { readFileSync } from 'node:fs';
import { RewindError } from '../domain/errors.ts';
import { Secret } from './secret.ts';

const KEY_HEX = /^[0-9a-f]{64}$/i;

/**
 * The key under which manifests are sealed: 32 bytes in hex. Workers need it, the API must not have it.
 * `config.manifest-key` (errored).
 */
export function readManifestKey(file: string | null): Secret {
  let text: string;
  try {
    if (!file) throw new Error('no file configured');
    text = readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw problem('archive.manifest_key_file cannot be read.', cause);
  }
  if (!KEY_HEX.test(text)) throw problem('archive.manifest_key_file must hold 32 bytes in hex.');
  return new Secret(text.toLowerCase());
}

function problem(message: string, cause?: unknown): RewindError {
  return new RewindError('config.manifest-key', message, { cause });
}
