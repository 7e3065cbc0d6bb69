import { readHostSecret } from '../config/host-keys.ts';
import { loadStorageConfig } from '../config/load-config.ts';
import { hostKeyOf } from '../domain/operations/host-seal.ts';
import type { Given } from './command-line/command.ts';

/**
 * Prints the key for that host and nobody else: anyone who has it can have the host's servers held, and answer in its
 * name.
 */
export async function tellHostKey({ words, out }: Pick<Given, 'words' | 'out'>): Promise<boolean> {
  const [host = ''] = words;
  const key = Buffer.from(hostKeyOf(readHostSecret(loadStorageConfig()), host)).toString('hex');
  out.row({ host, key }, key);
  return true;
}
