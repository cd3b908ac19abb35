/** Base of everything a store throws; `tag` says what the caller can do about it. */
export class StoreError extends Error {
  readonly tag: StoreErrorTag;

  constructor(tag: StoreErrorTag, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = tag;
    this.tag = tag;
  }
}

/**
 * - `StoreFull`: no room left on the disk; free some and repeat the call.
 * - `StoreLocked`: another process uses the folder.
 * - `StoreClosed`: the store was closed before the call.
 * - `StoreFormat`: the folder was written by another version.
 * - `StagedFileGone`: the upload was discarded, committed before, or removed with its session.
 * - `InvalidKey`: a session id or a blob key that no store accepts.
 * - `StoreFailed`: the disk refused for another reason; `cause` has it.
 */
export type StoreErrorTag =
  | "StoreFull"
  | "StoreLocked"
  | "StoreClosed"
  | "StoreFormat"
  | "StagedFileGone"
  | "InvalidKey"
  | "StoreFailed";

export function isStoreError(error: unknown, ...tags: StoreErrorTag[]): error is StoreError {
  return error instanceof StoreError && (tags.length === 0 || tags.includes(error.tag));
}

/** Numbers of the operating system, and LMDB's own MDB_MAP_FULL, that mean "no room". */
const fullCodes: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT", "EFBIG", 28, 122, 27, -30792]);

/** Gives a failure of the disk its tag. `hasRoom` answers for failures whose code does not say. */
export function diskError(doing: string, cause: unknown, hasRoom = true): StoreError {
  if (cause instanceof StoreError) return cause;
  const { code, message } = cause as { code?: unknown; message?: string };
  if (fullCodes.has(code) || !hasRoom) {
    return new StoreError("StoreFull", `Cannot ${doing}: the disk is full. Free some space and try again.`, { cause });
  }
  return new StoreError("StoreFailed", `Cannot ${doing}: ${message ?? String(cause)}`, { cause });
}
