import { RewindError } from '../../domain/errors.ts';
import type { KeyRing } from '../../ports/keys.ts';

/** For a process that neither encrypts nor reads anything encrypted. */
export const noKeys: KeyRing = {
  current: async () => null,
  find: async () => {
    throw new RewindError('config.encryption-key', 'Data is encrypted, and there are no keys here.');
  },
};
