import { readFileSync } from 'node:fs';
import { RewindError } from '../domain/errors.ts';
import { hostKeyOf, hostSecretOf } from '../domain/operations/host-seal.ts';
import { readManifestKey } from './manifest-key.ts';
import type { Config } from './schema.ts';

const KEY_HEX = /^[0-9a-f]{64}$/i;

type WorkersKeys = Pick<Config, 'archive'> & { worker: Pick<Config['worker'], 'hostSecretFile'> };

/**
 * The secret from which all keys of hosts are derived. Only workers have it. `config.host-key`, `config.manifest-key`
 * (errored).
 */
export function readHostSecret({ archive, worker }: WorkersKeys): Uint8Array {
  if (worker.hostSecretFile !== null) return readKey('worker.host_secret_file', worker.hostSecretFile);
  return hostSecretOf(Buffer.from(readManifestKey(archive.manifestKeyFile).reveal(), 'hex'));
}

/**
 * The agent's own key. A machine that is both agent and worker needs no file for it, because the workers' secret is at
 * hand. `config.host-key`
 */
export function readHostKey(config: WorkersKeys & Pick<Config, 'agent'>, host: string): Uint8Array {
  const { keyFile } = config.agent;
  if (keyFile !== null) return readKey('agent.key_file', keyFile);
  if (config.worker.hostSecretFile === null && config.archive.manifestKeyFile === null)
    throw problem('agent.key_file names no file.');
  return hostKeyOf(readHostSecret(config), host);
}

function readKey(setting: string, file: string): Uint8Array {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw problem(`${setting} cannot be read.`, cause);
  }
  if (!KEY_HEX.test(text)) throw problem(`${setting} must hold 32 bytes in hex.`);
  return new Uint8Array(Buffer.from(text, 'hex'));
}

const problem = (message: string, cause?: unknown): RewindError =>
  new RewindError('config.host-key', message, { cause });
