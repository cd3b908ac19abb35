export { type DiskStoreOptions, diskStore } from "./disk-store.ts";
export { isStoreError, StoreError, type StoreErrorTag } from "./errors.ts";
export { memoryStore } from "./memory-store.ts";
export type { Commit, SessionRecord, StagedFile, Store } from "./store.ts";
