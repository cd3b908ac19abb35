import { defineConfig } from "vitest/config";

/**
 * Tests run on the sources of every package (the `septum-source` export condition), so that no build can be stale under
 * them. Worker threads are the exception: they need JavaScript, and run from `dist`, which `npm test` builds first.
 */
export default defineConfig({
  resolve: { conditions: ["septum-source"] },
  ssr: { resolve: { conditions: ["septum-source"] } },
  test: {
    include: [
      "packages/*.test.ts",
      "packages/*/src/**/*.test.{ts,tsx}",
      "bench/**/*.test.ts",
      "conformance/**/*.test.ts",
      "scripts/**/*.test.ts",
    ],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // What is sure to come may take its time on a machine that has other things to do.
    expect: { poll: { timeout: 30_000 } },
    pool: "forks",
    maxWorkers: 2,
  },
});
