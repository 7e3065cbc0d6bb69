const CONTINUES = 0x80;
const SEVEN_BITS = 0x80;
/** 2^53 - 1 needs eight groups of seven bits. */
const MAX_VARINT_BYTES = 8;

/** Appends a safe, non-negative integer, seven bits a byte, lowest first. */
export function pushVarint(into: number[], value: number): void {
  let rest = value;
  while (rest >= SEVEN_BITS) {
    into.push((rest % SEVEN_BITS) | CONTINUES);
    rest = Math.floor(rest / SEVEN_BITS);
  }
  into.push(rest);
}

/** Reads numbers out of bytes; every method returns undefined where the bytes make no sense. */
export class VarintReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  number(): number | undefined {
    let value = 0;
    let weight = 1;
    for (let count = 0; count < MAX_VARINT_BYTES; count += 1) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) return undefined;
      this.#at += 1;
      value += (byte % SEVEN_BITS) * weight;
      if (byte < CONTINUES) return Number.isSafeInteger(value) ? value : undefined;
      weight *= SEVEN_BITS;
    }
    return undefined;
  }

  byte(): number | undefined {
    const byte = this.#bytes[this.#at];
    this.#at += 1;
    return byte;
  }

  /** A view of the next `length` bytes. */
  view(length: number): Uint8Array | undefined {
    if (this.#at + length > this.#bytes.length) return undefined;
    const view = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return view;
  }
}
