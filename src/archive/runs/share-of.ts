import { sha256Hex } from '../format/digest.ts';

/** Which of `shares` an object belongs to: always the same one, about as many in each. From 0. */
export const shareOf = (object: string, shares: number): number =>
  Number.parseInt(sha256Hex(Buffer.from(object, 'utf8')).slice(0, 12), 16) % shares;
