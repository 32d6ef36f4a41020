// A cache that holds a stated number of bytes and drops what was not used for longest.

export class ByteCache<V> {
  readonly #limit: number;
  readonly #dropped: (key: number, value: V) => void;
  readonly #entries = new Map<number, { value: V; bytes: number }>();
  #bytes = 0;

  constructor(limit: number, dropped: (key: number, value: V) => void = () => {}) {
    this.#limit = limit;
    this.#dropped = dropped;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The value, which counts as used now. */
  get(key: number): V | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** The value, without counting it as used. */
  peek(key: number): V | undefined {
    return this.#entries.get(key)?.value;
  }

  keys(): IterableIterator<number> {
    return this.#entries.keys();
  }

  /** Puts in a value and drops others until the limit is kept; the newest always stays. */
  set(key: number, value: V, bytes: number): void {
    this.delete(key);
    this.#entries.set(key, { value, bytes });
    this.#bytes += bytes;
    for (const [oldest, entry] of this.#entries) {
      if (this.#bytes <= this.#limit || oldest === key) break;
      this.delete(oldest);
      this.#dropped(oldest, entry.value);
    }
  }

  delete(key: number): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }
}
