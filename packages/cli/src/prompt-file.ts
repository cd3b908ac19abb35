import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Prompt } from "@septum/segment";
import type { Volume } from "@septum/volume";
import { z } from "zod";
import { CommandError, reasonOf } from "./errors.ts";
import { readPromptMask } from "./prompt-mask.ts";

/** One line of work: a prompt to apply, or the last one to take back. */
export type PromptEntry =
  | { readonly kind: "undo" }
  | { readonly kind: Prompt["kind"]; readonly prompt: Prompt; readonly predict: boolean };

const positive = z.boolean().default(true);
const predict = z.boolean().default(true);
const range = z.tuple([z.number(), z.number()]);
const file = z.string().min(1);

const entrySchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("point"), voxel: z.tuple([z.number(), z.number(), z.number()]), positive, predict }),
  z.strictObject({ kind: z.literal("box"), box: z.tuple([range, range, range]), positive, predict }),
  z.strictObject({ kind: z.literal("scribble"), mask: file, positive, predict }),
  z.strictObject({ kind: z.literal("lasso"), mask: file, positive, predict }),
  z.strictObject({ kind: z.literal("initial"), mask: file, predict }),
  z.strictObject({ kind: z.literal("undo") }),
]);

/**
 * Reads a prompt file (docs/cli.md), the masks it names included, so that a mistake shows before the first pass. Names of
 * masks are relative to the prompt file.
 *
 * Throws `CommandError` with the number of the entry, counted from 1.
 */
export async function readPromptFile(path: string, image: Volume): Promise<PromptEntry[]> {
  const entries: PromptEntry[] = [];
  for (const [index, raw] of (await readArray(path)).entries()) {
    const parsed = entrySchema.safeParse(raw);
    if (!parsed.success) {
      const problems = parsed.error.issues.map(({ path: at, message }) =>
        [at.join("."), message].filter(Boolean).join(": "),
      );
      throw new CommandError(`${path}: prompt ${index + 1}: ${problems.join("; ")}`);
    }
    entries.push(await toEntry(parsed.data, dirname(path), image));
  }
  return entries;
}

async function readArray(path: string): Promise<unknown[]> {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw new CommandError(`Cannot read ${path}: ${reasonOf(cause)}`, { cause });
  }
  if (Array.isArray(content) && content.length > 0) return content;
  throw new CommandError(`${path}: expected an array of prompts with at least one in it`);
}

async function toEntry(entry: z.infer<typeof entrySchema>, folder: string, image: Volume): Promise<PromptEntry> {
  if (entry.kind === "undo") return entry;
  const { predict: predicts, ...rest } = entry;
  if (!("mask" in rest)) return { kind: rest.kind, prompt: rest, predict: predicts };
  const drawing = await readPromptMask(resolve(folder, rest.mask), image);
  return { kind: rest.kind, prompt: { ...rest, ...drawing }, predict: predicts };
}
