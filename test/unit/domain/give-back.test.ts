import { describe, expect, test } from '@jest/globals';
import { giveBack } from '../../../src/domain/give-back.ts';

describe('giving memory back', () => {
  test('a large buffer of its own is gone, and every view of it', () => {
    const bytes = Buffer.allocUnsafeSlow(Buffer.poolSize);
    const end = bytes.subarray(17);
    giveBack(end);
    expect([bytes.length, end.length]).toEqual([0, 0]);
  });

  test("Node's pool stays, whichever piece of it is given", () => {
    const pieces = Array.from({ length: 200 }, () => Buffer.allocUnsafe(Buffer.poolSize / 64).fill(7));
    for (const piece of pieces) giveBack(piece);
    expect(pieces.every((piece) => piece.length === Buffer.poolSize / 64 && piece.every((byte) => byte === 7))).toBe(
      true,
    );
  });
});
