// A whole server in a process of its own over a disk store and the tests' fake engine: node fake-server.mjs FOLDER.
// It starts several times faster than one with a network, and keeps sessions by the same code.
import { join } from "node:path";
import { diskStore } from "@septum/store";
import { startHarness } from "../../packages/server/dist/testing/harness.js";

const store = await diskStore(join(process.argv[2], "store"));
const { app } = await startHarness({ store, app: { now: Date.now } });
process.stdout.write(`${await app.listen({ host: "127.0.0.1", port: 0 })}\n`);
