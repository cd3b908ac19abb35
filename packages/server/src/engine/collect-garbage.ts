import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

let collect: (() => void) | undefined;

/**
 * Collects this thread's garbage now.
 *
 * Shared memory is given back when every thread that ever saw it has collected its view of it, and V8 does not count it
 * when it decides whether to collect: without this, closed images stay in memory for as long as nothing else happens.
 */
export function collectGarbage(): void {
  if (!collect) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as () => void;
  }
  collect();
}
