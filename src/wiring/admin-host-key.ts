import type { Given } from '../command-line/command.ts';
import { readHostSecret } from '../config/host-keys.ts';
import { loadStorageConfig } from '../config/load-config.ts';
import { hostKeyOf } from '../domain/host-seal.ts';

/** For that host and nobody else: whoever has it can have its servers held, and answer in its name. */
export async function tellHostKey({ words }: Pick<Given, 'words'>): Promise<boolean> {
  const key = hostKeyOf(readHostSecret(loadStorageConfig()), words[0] ?? '');
  process.stdout.write(`${Buffer.from(key).toString('hex')}\n`);
  return true;
}
