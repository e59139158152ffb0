import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

import { frozenPrototype } from "./vite.frozen.ts";

// `--mode memory` (and tests) put a host with made-up data behind the platform seam, so that the UI runs in a browser.
export default defineConfig(({ mode }) => ({
  plugins: [react(), frozenPrototype()],
  optimizeDeps: { rolldownOptions: { plugins: [frozenPrototype()] } },
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  define: { __MEMORY_HOST__: JSON.stringify(mode === "memory" || mode === "test") },
  server: { port: 1420, strictPort: true, host: "localhost" },
  build: {
    // The webviews that Longshore runs in: WebKitGTK 2.44, Safari 18, WebView2.
    target: ["es2022", "safari18"],
    cssTarget: ["safari18"],
    // Nothing may be inlined as a data: script; fonts and chunks lie beside the page.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // What every page shares comes in one piece: the first look costs few requests. The graph and the pages come when opened.
        codeSplitting: {
          groups: [{ name: "shared", test: /node_modules[\\/](?!@xyflow|d3-|zustand|classcat|@tauri-apps)|src[\\/](ui|table|api)[\\/]/ }],
        },
      },
    },
  },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/test.setup.ts"],
  },
}));
