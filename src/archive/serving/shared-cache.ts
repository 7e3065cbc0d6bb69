interface Held<V> {
  value: Promise<V>;
  weight: number;
  loaded: boolean;
}

/**
 * Holds what was used last, up to a total weight. A caller that asks for something that is being loaded waits for the
 * same load; a failed load is forgotten at once.
 */
export class SharedCache<V> {
  readonly #held = new Map<string, Held<V>>();
  readonly #maxWeight: number;
  #weight = 0;

  /** Entries that are being loaded count, and stay whatever their weight. */
  constructor(maxWeight: number) {
    this.#maxWeight = maxWeight;
  }

  get weight(): number {
    return this.#weight;
  }

  /** `weight` must be known before the value is loaded. */
  get(key: string, weight: number, load: () => Promise<V>): Promise<V> {
    const held = this.#held.get(key);
    if (held) {
      // The entry used last is the last to go.
      this.#held.delete(key);
      this.#held.set(key, held);
      return held.value;
    }
    const fresh: Held<V> = { value: load(), weight, loaded: false };
    this.#held.set(key, fresh);
    this.#weight += weight;
    fresh.value.then(
      () => {
        fresh.loaded = true;
        this.#trim(fresh);
      },
      () => this.#drop(key, fresh),
    );
    return fresh.value;
  }

  #trim(newest: Held<V>): void {
    for (const [key, held] of this.#held) {
      if (this.#weight <= this.#maxWeight) return;
      if (held.loaded && held !== newest) this.#drop(key, held);
    }
  }

  #drop(key: string, held: Held<V>): void {
    if (this.#held.get(key) !== held) return;
    this.#held.delete(key);
    this.#weight -= held.weight;
  }
}
