/**
 * URL of a sibling module that Node itself has to run, as a worker or a child process. Tests run on the sources, which Node
 * 20 does not run, so from `src` the built file is meant.
 */
export function moduleFile(name: string): URL {
  const url = new URL(name, import.meta.url);
  return new URL(url.href.replace(/\/src\/([^/]*)\.ts$/, "/dist/$1.js").replace(/\.ts$/, ".js"));
}
