// `npm run soak -- --minutes 10 --sessions 50`: many people doing random work on a real server, with a model so small that
// the server and not the network has the work. Prints the server's memory now and then; fails when anything is not what the
// same calls alone make, or when memory grows. docs/operating.md says how that is judged.
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { prepare, root } from "./prepare.mjs";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    sessions: { type: "string", default: "50" },
    seed: { type: "string" },
  },
});
prepare();
const env = {
  ...process.env,
  SEPTUM_SOAK_MINUTES: values.minutes,
  SEPTUM_SOAK_SESSIONS: values.sessions,
  ...(values.seed && { SEPTUM_SOAK_SEED: values.seed }),
};
const vitest = ["node_modules/vitest/vitest.mjs", "run", "conformance/soak.test.ts", "--disable-console-intercept"];
process.exit(spawnSync(process.execPath, vitest, { cwd: root, stdio: "inherit", env }).status ?? 1);
