// SHA-256 of bytes, by the browser where it offers that (only over https and on this machine), else in JavaScript.

export async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  // Typed as always there, which it is not: browsers leave it out for pages that came over a plain network.
  const subtle = globalThis.crypto?.subtle as SubtleCrypto | undefined;
  if (subtle) return hexOf(new Uint8Array(await subtle.digest("SHA-256", bytes)));
  const { sha256 } = await import("@noble/hashes/sha2.js");
  return hexOf(sha256(bytes));
}

const hexOf = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
