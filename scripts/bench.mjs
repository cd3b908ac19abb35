// `npm run bench [-- NAME …]`: sets up what is missing, then measures. bench/README.md says what each figure means.
import { prepare, runOrExit } from "./prepare.mjs";

prepare();
runOrExit(process.execPath, ["node_modules/typescript/bin/tsc", "-b", "bench"]);
runOrExit(process.execPath, ["bench/dist/main.js", ...process.argv.slice(2)]);
