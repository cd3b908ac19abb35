import { StoreError } from "./errors.ts";

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const printable = /^[\x20-\x7e]{1,200}$/;

/** Ids name folders, so nothing but a UUID passes; lower case only, for file systems that do not tell cases apart. */
export function isSessionId(id: string): boolean {
  return uuid.test(id);
}

/** Throws `InvalidKey`. */
export function checkSessionId(id: string): void {
  if (isSessionId(id)) return;
  throw new StoreError("InvalidKey", `Cannot keep session ${JSON.stringify(id)}: its id is not a lower-case UUID`);
}

/** Throws `InvalidKey`. */
export function checkBlobKey(key: string): void {
  if (printable.test(key)) return;
  const shown = JSON.stringify(key.slice(0, 40));
  throw new StoreError("InvalidKey", `Cannot keep blob ${shown}: a key is 1 to 200 printable ASCII characters`);
}
