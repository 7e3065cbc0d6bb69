import { StringDecoder } from 'node:string_decoder';

/** Keeps the last `maxChars` of a text that may be endless. */
export class BoundedTail {
  readonly #maxChars: number;
  readonly #decoder = new StringDecoder('utf8');
  #text = '';

  constructor(maxChars: number) {
    this.#maxChars = maxChars;
  }

  add(bytes: Buffer): void {
    this.#text = (this.#text + this.#decoder.write(bytes)).slice(-this.#maxChars);
  }

  toString(): string {
    return this.#text;
  }
}
