import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** In development the API comes from a server started beside it: `septum serve`, then `npx vite packages/app`. */
const server = process.env.SEPTUM_URL ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react()],
  resolve: { conditions: ["septum-source", "module", "browser", "development|production"] },
  build: {
    target: "es2023",
    // React with Mantine and the schemas is 610 kB (190 kB on the wire); NiiVue is 900 kB and loaded after the first paint.
    // The chunks named zstd, blosc and lz4 belong to NiiVue's Zarr reader and are never asked for.
    chunkSizeWarningLimit: 1000,
  },
  server: {
    proxy: {
      "/api": server,
      "/healthz": server,
    },
  },
});
