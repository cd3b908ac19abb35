import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { z } from "zod";
import { ModelFolderError } from "./errors.ts";

/** A model folder's text file, or undefined when it is not there. */
export async function readOptional(folder: string, file: string): Promise<string | undefined> {
  try {
    return await readFile(join(folder, file), "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new ModelFolderError(`Cannot read ${join(folder, file)}: ${(cause as Error).message}`, { cause });
  }
}

/** The value of a model folder's JSON file. */
export function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw new ModelFolderError(`${path} is not JSON: ${(cause as Error).message}`, { cause });
  }
}

/** The value checked against a schema; the error names the file and every field that is wrong. */
export function checkShape<T>(schema: z.ZodType<T>, value: unknown, path: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${issue.path.join(".") || "the file"}: ${issue.message}`);
  throw new ModelFolderError(`${path} is not as expected. ${problems.join("; ")}`);
}
