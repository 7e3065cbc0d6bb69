import { inspect } from 'node:util';

const HIDDEN = '[secret]';

/**
 * A value that can be used but not printed: JSON, inspect, string conversion and spread all show `[secret]` or nothing.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The only way to read it. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [inspect.custom](): string {
    return HIDDEN;
  }
}
