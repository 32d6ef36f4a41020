import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteCache } from "./byteCache";

describe("byte cache", () => {
  it("drops what was used longest ago", () => {
    const dropped: number[] = [];
    const cache = new ByteCache<string>(3, (key) => dropped.push(key));
    cache.set(1, "a", 1);
    cache.set(2, "b", 1);
    cache.set(3, "c", 1);
    cache.get(1);
    cache.peek(2);
    cache.set(4, "d", 1);
    expect(dropped).toEqual([2]);
    expect([...cache.keys()]).toEqual([3, 1, 4]);
  });

  it("keeps the newest value even where it is larger than the limit", () => {
    const cache = new ByteCache<string>(10);
    cache.set(1, "a", 5);
    cache.set(2, "b", 50);
    expect([cache.get(1), cache.get(2), cache.bytes]).toEqual([undefined, "b", 50]);
  });

  it("never holds more than its limit, and counts its bytes right", () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 1, max: 6 }), fc.boolean()));
    fc.assert(
      fc.property(steps, (list) => {
        const cache = new ByteCache<number>(20);
        for (const [key, bytes, removes] of list) {
          if (removes) cache.delete(key);
          else cache.set(key, bytes, bytes);
        }
        const held = [...cache.keys()].map((key) => cache.peek(key) ?? 0);
        expect(cache.bytes).toBe(held.reduce((sum, bytes) => sum + bytes, 0));
        expect(cache.bytes).toBeLessThanOrEqual(20);
      }),
    );
  });
});
