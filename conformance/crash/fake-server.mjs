// Whole servers in one process, each over a disk store of its own and the tests' fake engine: node fake-server.mjs FOLDER …
// They start several times faster than one with a network, and keep sessions by the same code.
import { join } from "node:path";
import { diskStore } from "@septum/store";
import { startHarness } from "../../packages/server/dist/testing/harness.js";

const addresses = [];
for (const folder of process.argv.slice(2)) {
  const store = await diskStore(join(folder, "store"));
  const { app } = await startHarness({ store, app: { now: Date.now } });
  addresses.push(await app.listen({ host: "127.0.0.1", port: 0 }));
}
process.stdout.write(`${addresses.join("\n")}\n`);
