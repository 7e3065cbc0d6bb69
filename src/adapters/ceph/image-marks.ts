import { hasCode, RewindError } from '../../domain/errors.ts';
import type { ImageMarks } from '../../ports/ceph.ts';
import { imageArgument } from './rbd/rbd-arguments.ts';
import type { RunRbd } from './rbd/run-rbd.ts';

const KEY = /^rewind\.[a-z][a-z._-]{0,40}$/;
const VALUE = /^[a-z0-9][a-z0-9._-]{0,95}$/;

/** `rbd image-meta`: for an image without any metadata, 16.2 prints nothing at all. */
export function imageMarks(rbd: RunRbd): ImageMarks {
  return {
    async marks(ref) {
      const printed = await absent(rbd('image-meta', 'list', imageArgument(ref), '--format', 'json'));
      if (printed === undefined || printed.trim() === '') return {};
      const known = Object.entries(JSON.parse(printed) as Record<string, unknown>);
      return Object.fromEntries(known.filter(([key]) => KEY.test(key)).map(([key, value]) => [key, String(value)]));
    },
    async mark(ref, key, value) {
      if (!KEY.test(key) || !VALUE.test(value))
        throw new RewindError('internal.bad-name', 'A storage name was malformed.');
      await rbd('image-meta', 'set', imageArgument(ref), key, value);
    },
    async isWritten(ref) {
      const printed = await rbd('diff', imageArgument(ref), '--format', 'json');
      return printed.trim() !== '[]';
    },
  };
}

async function absent<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (!hasCode(error, 'ceph.not-found')) throw error;
    return undefined;
  }
}
