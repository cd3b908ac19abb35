// `npm run bench` runs all benchmarks, `npm run bench -- NAME …` some. bench/README.md says what each one measures.
import { app } from "./app.ts";
import { click } from "./click.ts";
import { crowd } from "./crowd.ts";
import { eventLoop } from "./event-loop.ts";
import { memory } from "./memory.ts";
import { passes } from "./passes.ts";
import { type Benchmark, printFigures } from "./report.ts";
import { restart } from "./restart.ts";
import { sessions } from "./sessions.ts";
import { upload } from "./upload.ts";

const all: readonly Benchmark[] = [passes, memory, upload, click, crowd, eventLoop, sessions, restart, app];

const names = process.argv.slice(2);
const unknown = names.filter((name) => !all.some((bench) => bench.name === name));
if (unknown.length > 0) {
  console.error(`No benchmark named ${unknown.join(", ")}. There are: ${all.map(({ name }) => name).join(", ")}.`);
  process.exit(2);
}
for (const bench of all) {
  if (names.length > 0 && !names.includes(bench.name)) continue;
  console.log(`${bench.name}: ${bench.measures}`);
  printFigures(await bench.run());
}
