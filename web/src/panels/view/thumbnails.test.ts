import { describe, expect, it, vi } from "vitest";
import { Thumbnails } from "./thumbnails";

/** Thumbnails whose requests are answered when the test says so. */
function fixture() {
  const asked: { address: string; answer(): void; fail(): void }[] = [];
  const thumbnails = new Thumbnails(
    (address) =>
      new Promise((resolve, reject) => {
        asked.push({ address, answer: () => resolve(`blob:${address}`), fail: () => reject(new Error("gone")) });
      }),
  );
  const want = (image: number, arrived: (picture: string) => void = () => {}) =>
    thumbnails.want({ projectId: "one", image }, arrived);
  const images = (): number[] => asked.map(({ address }) => Number(address.split("image=")[1]));
  return { asked, thumbnails, want, images };
}

const settle = () => new Promise((resolve) => setTimeout(resolve));

describe("thumbnails", () => {
  it("come one at a time, the one asked for last first", async () => {
    const { asked, want, images } = fixture();
    for (const image of [1, 2, 3]) want(image);
    await settle();
    expect(images()).toEqual([3]);
    asked[0]?.answer();
    await settle();
    expect(images()).toEqual([3, 2]);
  });

  it("are not fetched when nobody looks at them any more", async () => {
    const { asked, want, images } = fixture();
    const [arrivedOne, arrivedTwo] = [vi.fn(), vi.fn()];
    want(1, arrivedOne);
    const giveUp = want(2, arrivedTwo);
    giveUp();
    await settle();
    asked[0]?.answer();
    await settle();
    expect(images()).toEqual([1]);
    expect(arrivedOne).toHaveBeenCalledWith(expect.stringContaining("image=1"));
    expect(arrivedTwo).not.toHaveBeenCalled();
  });

  it("come to all who wait for them", async () => {
    const { asked, want, images } = fixture();
    const [one, two, gone] = [vi.fn(), vi.fn(), vi.fn()];
    want(1, one);
    want(1, gone)();
    want(1, two);
    await settle();
    asked[0]?.answer();
    await settle();
    expect(images()).toEqual([1]);
    expect([one, two, gone].map((arrived) => arrived.mock.calls.length)).toEqual([1, 1, 0]);
  });

  it("are kept, and asked for again only where they failed", async () => {
    const { asked, thumbnails, want, images } = fixture();
    want(1);
    await settle();
    asked[0]?.fail();
    await settle();
    want(1);
    await settle();
    asked[1]?.answer();
    await settle();
    const arrived = vi.fn();
    want(1, arrived);
    await settle();
    expect(images()).toEqual([1, 1]);
    expect(arrived).toHaveBeenCalledTimes(1);
    expect(thumbnails.get({ projectId: "one", image: 1 })).toContain("image=1");
  });
});
