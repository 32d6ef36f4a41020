import { describe, expect, it } from "vitest";
import { maskHolds } from "../mask";
import { type Frame, labelledPoints, maskOfLogits, orderByArea, pointsOfBox, scoresOf } from "./frame";

const FRAME: Frame = { height: 96, width: 128, inputSide: 64, inputHeight: 48, inputWidth: 64 };
const point = (y: number, x: number, positive = true) => ({ y, x, positive });

describe("frame", () => {
  it("places points by the middles of pixels, and a point that means nothing where there is no box", () => {
    const { places, meanings } = labelledPoints(FRAME, { points: [point(1, 1), point(96, 128, false)], box: null });
    expect(places).toEqual([0, 0, 63.5, 47.5, 0, 0]);
    expect(meanings).toEqual([1, 0, -1]);
  });

  it("turns a box into its corners, or its middle", () => {
    const prompt = { points: [], box: { top: 1, left: 3, bottom: 21, right: 43 } };
    expect(labelledPoints(FRAME, prompt)).toEqual({ places: [1, 0, 21, 10], meanings: [2, 3] });
    expect(pointsOfBox(prompt)).toEqual([point(11, 23)]);
  });

  it("enlarges logits between their values, and leaves the padding out", () => {
    // 16 values a side, of which 12 rows are the view's; each value stands for 8 px of the view.
    const logits = new Float32Array(256).fill(-1);
    for (let y = 0; y < 16; y++) logits.fill(3, y * 16, y * 16 + 4);
    const mask = maskOfLogits(logits, FRAME);
    // Between 3 at 28 and -1 at 36 the sign changes three quarters of the way, at 34.
    expect(mask).toMatchObject({ top: 0, left: 0, bottom: 96, right: 34, area: 96 * 34 });
    expect([maskHolds(mask, 50, 33), maskHolds(mask, 50, 34)]).toEqual([true, false]);
  });

  it("gives no mask where nothing is above 0", () => {
    expect(maskOfLogits(new Float32Array(256), FRAME).area).toBe(0);
  });

  it("orders masks by their area inside the view, equal ones as they came", () => {
    const logits = new Float32Array(3 * 256).fill(-1);
    logits.fill(1, 0, 20);
    logits.fill(1, 256 + 12 * 16, 512);
    logits.fill(1, 512, 532);
    expect(orderByArea(logits, FRAME)).toEqual([1, 0, 2]);
  });

  it("keeps scores between 0 and 1", () => {
    expect(scoresOf(Float32Array.of(-0.5, 0.25, 7, Number.NaN))).toEqual([0, 0.25, 1, 0]);
  });
});
