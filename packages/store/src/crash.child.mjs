// The process that crash.test.ts kills: node crash.child.mjs FOLDER SEED, on the built package. It works through the
// seeded steps of three sessions at once, and writes "SESSION DONE" after every commit that resolved.
import { writeFileSync, writeSync } from "node:fs";
import { diskStore } from "../dist/index.js";
import { contentOf, sessionIds, stepsOf } from "./crash-steps.mjs";

const [folder, seed] = process.argv.slice(2);
const store = await diskStore(folder);

await Promise.all(
  sessionIds.map(async (id, session) => {
    const steps = stepsOf(Number(seed), session);
    // A store that survived an earlier kill is continued where it is.
    const first = (store.get(id)?.state?.step ?? -1) + 1;
    for (let n = first; n < steps.length; n++) {
      const { image, put, remove } = steps[n];
      const staged = image === undefined ? undefined : await store.stage(id);
      if (staged) writeFileSync(staged.path, contentOf(image));
      await store.commit({
        record: { id, createdAt: 0, lastActivity: n, state: { step: n } },
        put: new Map(put.map(({ key, content }) => [key, contentOf(content)])),
        remove,
        ...(staged && { image: staged }),
      });
      writeSync(1, `${session} ${n + 1}\n`);
    }
  }),
);
writeSync(1, "end\n");
