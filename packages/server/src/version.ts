import { createRequire } from "node:module";

/** Version of the program, from its package. */
export const version: string = createRequire(import.meta.url)("../package.json").version;
