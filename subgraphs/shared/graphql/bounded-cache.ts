/** The most recently used entries, at most `size` of them. */
export class BoundedCache<V> {
  readonly #entries = new Map<string, V>();
  readonly #size: number;
  readonly #onLookup: ((hit: boolean) => void) | undefined;

  /** `onLookup` is told of each look-up whether it found something. */
  constructor(size: number, onLookup?: (hit: boolean) => void) {
    this.#size = size;
    this.#onLookup = onLookup;
  }

  get(key: string): V | undefined {
    const value = this.#entries.get(key);
    this.#onLookup?.(value !== undefined);
    if (value === undefined) return undefined;
    // A Map remembers the order of insertion: taking an entry out and in again makes it the youngest.
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
  }

  set(key: string, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#size) return;
    const oldest = this.#entries.keys().next();
    if (oldest.done !== true) this.#entries.delete(oldest.value);
  }
}
