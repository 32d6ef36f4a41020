import { describe, expect, it } from "vitest";
import { formatBytes, formatSpeed } from "./bytes";

describe("formatBytes", () => {
  it.each([
    [0, "0 bytes"],
    [812, "812 bytes"],
    [1000, "1.0 kB"],
    [3_440_000, "3.4 MB"],
    [119_900_000, "120 MB"],
    [999_800_000, "1.0 GB"],
    [2_000_000_000, "2.0 GB"],
  ])("%d is %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it("tells speeds", () => expect(formatSpeed(48_300_000)).toBe("48 MB/s"));
});
