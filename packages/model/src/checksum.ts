import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";

/** What a file has to be. Git's own hash is all that a repository gives for files it keeps without LFS. */
export interface ExpectedFile {
  readonly bytes: number;
  readonly sha256?: string;
  /** SHA-1 over `blob <bytes>\0` and the content. */
  readonly gitBlob?: string;
}

/** Says how the file differs from what was expected; undefined when it does not. Reads it whole. */
export async function fileMismatch(path: string, expected: ExpectedFile): Promise<string | undefined> {
  const size = await fileSize(path);
  if (size !== expected.bytes) return `has ${size ?? "no"} bytes, expected ${expected.bytes}`;
  if (expected.sha256 !== undefined) {
    const found = await hashFile("sha256", "", path);
    if (found !== expected.sha256) return `has SHA-256 ${found}, expected ${expected.sha256}`;
  }
  if (expected.gitBlob !== undefined) {
    const found = await hashFile("sha1", `blob ${size}\0`, path);
    if (found !== expected.gitBlob) return `has git hash ${found}, expected ${expected.gitBlob}`;
  }
  return undefined;
}

/** Undefined when there is no such file. */
export async function fileSize(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

async function hashFile(algorithm: string, prefix: string, path: string): Promise<string> {
  const hash = createHash(algorithm).update(prefix);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest("hex");
}
