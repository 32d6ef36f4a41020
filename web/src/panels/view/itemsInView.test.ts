import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { itemsInView, scrollTo } from "./itemsInView";

describe("items in view", () => {
  it("are those that can be seen, with a few beside them", () => {
    expect(itemsInView(0, 500, 100, 200)).toEqual({ first: 0, end: 8 });
    expect(itemsInView(1000, 500, 100, 200)).toEqual({ first: 7, end: 18 });
    expect(itemsInView(19_500, 500, 100, 200)).toEqual({ first: 192, end: 200 });
    expect(itemsInView(0, 500, 100, 2)).toEqual({ first: 0, end: 2 });
  });

  it("hold the item that was scrolled to", () => {
    const whole = (max: number) => fc.integer({ min: 0, max });
    fc.assert(
      fc.property(whole(199), whole(19_500), fc.integer({ min: 120, max: 2000 }), (item, before, shown) => {
        const scroll = scrollTo(item, before, shown, 100);
        expect(scroll).toBeLessThanOrEqual(item * 100);
        expect(scroll + shown).toBeGreaterThanOrEqual((item + 1) * 100);
      }),
    );
  });

  it("do not move where the item is in the middle of them", () => expect(scrollTo(12, 1000, 500, 100)).toBe(1000));
});
