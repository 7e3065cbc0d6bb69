import { sha256Hex } from '../format/digest.ts';

/**
 * Number, from 0, of the one of `shares` that an object belongs to: always the same for the same object, with about as
 * many objects in each.
 */
export const shareOf = (object: string, shares: number): number =>
  Number.parseInt(sha256Hex(Buffer.from(object, 'utf8')).slice(0, 12), 16) % shares;
