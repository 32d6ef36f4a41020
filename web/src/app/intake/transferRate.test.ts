import { describe, expect, it } from "vitest";
import { TransferRate } from "./transferRate";

describe("TransferRate", () => {
  it("is unknown at first and where nothing goes", () => {
    const rate = new TransferRate();
    rate.add(0, 0);
    rate.add(0.5, 1000);
    expect(rate.bytesPerSecond).toBeNull();
    rate.restart();
    rate.add(1, 1000);
    rate.add(9, 1000);
    expect(rate.bytesPerSecond).toBeNull();
  });

  it("follows a change within seconds", () => {
    const rate = new TransferRate();
    for (let second = 0; second <= 20; second++) rate.add(second, second * 1000);
    expect(rate.bytesPerSecond).toBe(1000);
    for (let second = 1; second <= 9; second++) rate.add(20 + second, 20_000 + second * 50);
    expect(rate.bytesPerSecond).toBe(50);
  });
});
