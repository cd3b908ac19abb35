import { defineConfig } from "vitest/config";

/**
 * Tests run on the sources of every package (the `septum-source` export condition), so that no build can be stale under
 * them. Worker threads are the exception: they need JavaScript, and run from `dist`, which `npm test` builds first.
 *
 * Projects run in the order of their names: what takes minutes first, so that no processor waits for it in the end. Tests of
 * packages share their processes, since reading the sources anew for each file took as long as most of the tests.
 */
export default defineConfig({
  resolve: { conditions: ["septum-source"] },
  ssr: { resolve: { conditions: ["septum-source"] } },
  test: {
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // What is sure to come may take its time on a machine that has other things to do.
    expect: { poll: { timeout: 30_000 } },
    pool: "forks",
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: "conformance", include: ["conformance/**/*.test.ts", "bench/**/*.test.ts"] } },
      {
        extends: true,
        test: {
          name: "packages",
          include: ["packages/*.test.ts", "packages/*/src/**/*.test.{ts,tsx}", "scripts/**/*.test.ts"],
          isolate: false,
        },
      },
    ],
  },
});
