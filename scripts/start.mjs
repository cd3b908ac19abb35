// `npm start`: sets up what is missing, then serves. Arguments after `--` go to `septum serve`.
import { prepare } from "./prepare.mjs";

prepare();
process.argv = [process.argv[0], "septum", "serve", ...process.argv.slice(2)];
await import("../packages/cli/dist/main.js");
