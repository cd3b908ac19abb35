/**
 * Where the compiled worker `name` of this folder lies. Threads need JavaScript, so they run from `dist` also when their
 * caller runs from source under a test.
 */
export function workerFile(name: string): URL {
  const here = import.meta.url.endsWith(".ts")
    ? import.meta.url.replace(/\/src\/engine\/[^/]*$/, "/dist/engine/")
    : import.meta.url;
  return new URL(`./${name}.js`, here);
}

/** Not the parent's: a test runner resolves packages to their sources, which a thread cannot run. */
export const workerExecArgv: string[] = [];
