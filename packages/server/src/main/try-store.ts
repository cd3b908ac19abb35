import { access } from "node:fs/promises";
import { join } from "node:path";
import { diskStore } from "@septum/store";

/**
 * Opens and closes the sessions of a data folder, as a start of the server would. Does nothing when there are none yet.
 *
 * @throws `StoreError`: `StoreLocked` when a running server has them, `StoreFormat` when another version wrote them
 */
export async function tryStore(dataFolder: string): Promise<void> {
  const folder = join(dataFolder, "store");
  const isThere = await access(folder).then(
    () => true,
    () => false,
  );
  if (isThere) await (await diskStore(folder)).close();
}
