import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** In development the API comes from a server started beside it: `septum serve`, then `npx vite packages/app`. */
const server = process.env.SEPTUM_URL ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react()],
  resolve: { conditions: ["septum-source", "module", "browser", "development|production"] },
  build: {
    target: "es2023",
    // NiiVue is 1.9 MB by itself; it is loaded after the first paint, in a chunk of its own.
    chunkSizeWarningLimit: 2200,
  },
  server: {
    proxy: {
      "/api": server,
      "/healthz": server,
    },
  },
});
