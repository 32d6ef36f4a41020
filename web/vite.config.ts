import react from "@vitejs/plugin-react";
import { defaultClientConditions, loadEnv } from "vite";
import { defineConfig } from "vitest/config";
import { precompress } from "./precompress";

// The server of a developer; `npm run dev` passes the page's requests on to it.
const server = loadEnv("development", ".", "SAMBASEG_").SAMBASEG_SERVER ?? "http://127.0.0.1:8340";

export default defineConfig({
  plugins: [react(), precompress()],
  base: "/",
  build: {
    outDir: "../src/sambaseg/server/page",
    emptyOutDir: true,
    target: "es2022",
    // One page; the second file is for those who come to the gallery, and says at once what that needs.
    rolldownOptions: { input: ["index.html", "gallery.html"] },
    // The content security policy allows no inline data for scripts, and small files are fetched as quickly.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500,
  },
  worker: { format: "es" },
  // ONNX Runtime finds its WebAssembly by the addresses that it is given, and is not to be bundled with it.
  resolve: { conditions: ["onnxruntime-web-use-extern-wasm", ...defaultClientConditions] },
  optimizeDeps: { exclude: ["onnxruntime-web"] },
  // The manual is built in from docs/, which lies beside this folder.
  server: { fs: { allow: [".."] }, proxy: { "/api": { target: server, changeOrigin: true } } },
  test: {
    environment: "node",
    include: ["src/**/*.test.{ts,tsx}"],
    restoreMocks: true,
    // Property tests on a busy machine; each takes a second or two on an idle one.
    testTimeout: 30_000,
  },
});
