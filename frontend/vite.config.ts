import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { licenses } from "./licenses.ts";
import { precompress } from "./precompress.ts";

const root = fileURLToPath(new URL(".", import.meta.url));
const version =
  /^version = "(.+)"$/m.exec(readFileSync(new URL("../pyproject.toml", import.meta.url), "utf8"))?.[1] ?? "";
const server = process.env.STUDIO_URL ?? "http://127.0.0.1:8787";

export default defineConfig({
  plugins: [react(), licenses(root), precompress()],
  define: { __STUDIO_VERSION__: JSON.stringify(version) },
  build: {
    outDir: fileURLToPath(new URL("../studio/web", import.meta.url)),
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: "react", test: /node_modules\/(react|react-dom|scheduler)\// },
            {
              name: "mantine",
              test: /node_modules\/(@mantine|@floating-ui|clsx|react-remove-scroll|react-number-format)/,
            },
            { name: "plots", test: /node_modules\/uplot/ },
            { name: "vendor", test: /node_modules\/(react-router|@tanstack\/(react-query|query-core))/ },
          ],
        },
      },
    },
  },
  server: { proxy: { "/api": { target: server }, "/launch": { target: server } } },
  worker: { format: "es" },
  test: { environment: "jsdom", setupFiles: ["src/test-setup.ts"], css: false, restoreMocks: true },
});
