/** The command was given in a way that cannot be carried out: exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Something the command needs is missing or unfit, said in a line for the person at the terminal: exit code 1. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "no such file or folder",
  EACCES: "not allowed",
  EPERM: "not allowed",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of the path is not a folder",
  ENOSPC: "the disk is full",
  EROFS: "the disk is read-only",
};

/** An operating system's error in plain words; other errors keep their message. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return (code && reasons[code]) ?? message ?? String(error);
}
