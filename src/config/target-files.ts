import { readFileSync } from 'node:fs';
import { RewindError } from '../domain/errors.ts';
import { Secret } from './secret.ts';
import type { TargetConfig } from './target-schema.ts';

const MAX_BYTES = 1_048_576;
const SECRET_KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * Reads the files that a bucket's settings name. Workers need them, the API must not have them. `config.target-file`
 * (errored).
 */
export function readTargetFiles(target: TargetConfig & { type: 's3' }): { secretKey: Secret; ca: string | undefined } {
  const secretKey = read(target, 'secret_key_file', target.secretKeyFile).trim();
  if (!SECRET_KEY.test(secretKey))
    throw problem(target.name, 'secret_key_file', 'must hold the secret key, on one line');
  return {
    secretKey: new Secret(secretKey),
    ca: target.caFile === null ? undefined : read(target, 'ca_file', target.caFile),
  };
}

function read(target: TargetConfig, setting: string, file: string): string {
  try {
    const text = readFileSync(file, 'utf8');
    if (text.length > MAX_BYTES) throw new Error('too long');
    return text;
  } catch (cause) {
    throw problem(target.name, setting, 'cannot be read', cause);
  }
}

const problem = (name: string, setting: string, what: string, cause?: unknown): RewindError =>
  new RewindError('config.target-file', `${setting} of target ${name} ${what}.`, { cause });
