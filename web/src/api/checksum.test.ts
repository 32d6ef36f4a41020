import { afterEach, describe, expect, it, vi } from "vitest";
import { sha256Hex } from "./checksum";

afterEach(() => {
  vi.unstubAllGlobals();
});

const ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const abc = new TextEncoder().encode("abc") as Uint8Array<ArrayBuffer>;

describe("sha256Hex", () => {
  it("is that of the standard", async () => expect(await sha256Hex(abc)).toBe(ABC));

  it("is the same where the browser offers no checksums", async () => {
    const random = Uint8Array.from({ length: 70_001 }, (_, at) => (at * 7919) >> 3);
    const own = await sha256Hex(random);
    vi.stubGlobal("crypto", {});
    expect(await sha256Hex(abc)).toBe(ABC);
    expect(await sha256Hex(random)).toBe(own);
  });
});
