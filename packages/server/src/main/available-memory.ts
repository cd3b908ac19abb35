import { totalmem } from "node:os";

/** Bytes of memory this process may use: a container often has less than its machine. */
export function availableMemory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 && limit < totalmem() ? limit : totalmem();
}
