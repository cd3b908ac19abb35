import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** Files below a folder, by path from there. */
export function filesBelow(folder: string): string[] {
  return (readdirSync(folder, { recursive: true }) as string[]).filter((name) => statSync(join(folder, name)).isFile());
}
