import { onTestFinished } from "vitest";
import { type Harness, type HarnessOptions, startHarness } from "../src/testing/harness.ts";

/** A server for the test that runs, closed when it ends. */
export async function start(options?: HarnessOptions): Promise<Harness> {
  const harness = await startHarness(options);
  onTestFinished(() => harness.app.close());
  return harness;
}
