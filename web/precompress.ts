// Compresses the files of the built page once, so that the server sends them as they lie: FILE.br and FILE.gz beside FILE.

import { readdir, readFile, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Plugin } from "vite";

/** Pictures are compressed by themselves. */
const COMPRESSIBLE = new Set([".css", ".html", ".js", ".json", ".mjs", ".svg", ".txt", ".wasm"]);
/** What fits into one packet is not sent any faster. */
const LEAST_BYTES = 1200;
/** The best quality takes a second for each megabyte or two, and gains little on WebAssembly. */
const LARGE_BYTES = 2 ** 21;

export function precompress(): Plugin {
  let folder = "";
  return {
    name: "precompress",
    apply: "build",
    configResolved: (config) => {
      folder = config.build.outDir;
    },
    closeBundle: () => compressAll(folder),
  };
}

async function compressAll(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && COMPRESSIBLE.has(extname(path))) await compress(path);
  }
}

async function compress(path: string): Promise<void> {
  const content = await readFile(path);
  if (content.length < LEAST_BYTES) return;
  const quality = content.length > LARGE_BYTES ? 9 : constants.BROTLI_MAX_QUALITY;
  const params = { [constants.BROTLI_PARAM_QUALITY]: quality, [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
  const variants = {
    ".br": await promisify(brotliCompress)(content, { params }),
    ".gz": await promisify(gzip)(content, { level: constants.Z_BEST_COMPRESSION }),
  };
  for (const [ending, compressed] of Object.entries(variants)) {
    if (compressed.length < content.length * 0.95) await writeFile(path + ending, compressed);
  }
}
