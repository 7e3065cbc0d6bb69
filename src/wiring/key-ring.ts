import { rootKeyFile } from '../adapters/keys/root-key-file.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { systemIds } from '../adapters/system/ids.ts';
import { projectKeys } from '../archive/keys/project-keys.ts';
import type { Config } from '../config/load-config.ts';
import { RewindError } from '../domain/errors.ts';
import type { KeyRing, RootKeys } from '../ports/keys.ts';
import type { Erasures } from '../ports/stores/erasures.ts';

type Settings = Pick<Config, 'archive'>;

/** Null where the operator configured no key file. */
export function rootKeysFrom({ archive }: Settings): RootKeys | null {
  const { keyFile } = archive.encryption;
  return keyFile === null ? null : rootKeyFile(keyFile);
}

/** Rejects with `config.encryption-key` when the configured root keys cannot be read. */
export async function keyRingFrom(settings: Settings, manifestKey: Uint8Array, erasures: Erasures): Promise<KeyRing> {
  const rootKeys = rootKeysFrom(settings);
  const encrypt = settings.archive.encryption.mode === 'required';
  if (encrypt && rootKeys === null) {
    throw new RewindError('config.encryption-key', 'archive.encryption.mode is `required` without a key_file.', {
      hint: 'umask 077; echo "$(date +%Y-%m) $(openssl rand -hex 32)" >> root-keys',
    });
  }
  await rootKeys?.ids();
  return projectKeys({ rootKeys, manifestKey, encrypt, ids: systemIds, clock: systemClock, erasures });
}

/** For processes that only read: clear data need no key. Without `erasures` where there is no database to ask. */
export const readingKeysFrom = (settings: Settings, manifestKey: Uint8Array, erasures?: Erasures): KeyRing =>
  projectKeys({
    rootKeys: rootKeysFrom(settings),
    manifestKey,
    encrypt: false,
    ids: systemIds,
    clock: systemClock,
    ...(erasures && { erasures }),
  });
