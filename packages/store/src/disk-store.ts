import { chmod, mkdir, statfs } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { diskError, StoreError } from "./errors.ts";
import { imageFiles, syncToDisk } from "./image-files.ts";
import { createTurns } from "./in-turn.ts";
import { checkBlobKey, checkSessionId, isSessionId } from "./keys.ts";
import { keepHeartbeat } from "./owner.ts";
import { openRecords, type Records } from "./records.ts";
import type { SessionRecord, Store } from "./store.ts";

export interface DiskStoreOptions {
  /** How long a `touch` may stay in memory before it is written. */
  readonly touchDelayMs?: number;
}

/** Below this much free space a failed write counts as a full disk even when the system only says "input/output error". */
const littleRoom = 1 << 20;

/**
 * A store in one folder of this machine's disk:
 *
 *     records/    LMDB: records, blobs, names of images, last activity, and who uses the folder
 *     sessions/   committed images; uploads/  staged ones (image-files.ts)
 *     alive       its time of change is the owner's heartbeat
 *
 * The image file is moved into place and flushed before the LMDB transaction that names it, and the earlier one is
 * removed after it: killed at any moment, the folder is swept at the next start to exactly what was committed.
 *
 * Throws `StoreLocked` when a running process (this one included) has the folder open, `StoreFormat` when another version
 * wrote it.
 */
export async function diskStore(folder: string, options: DiskStoreOptions = {}): Promise<Store> {
  const { touchDelayMs = 5_000 } = options;
  const heartbeat = join(folder, "alive");
  const records = await openFolder(folder, heartbeat);
  const stopHeartbeat = keepHeartbeat(heartbeat);
  const files = imageFiles(folder);
  const turns = createTurns();
  const touched = new Map<string, number>();
  let touchTimer: NodeJS.Timeout | undefined;
  let closing: Promise<void> | undefined;

  const failure = async (doing: string, cause: unknown) => {
    const room = await statfs(folder).catch(() => undefined);
    return diskError(doing, cause, !room || room.bavail * room.bsize > littleRoom);
  };
  const checkOpen = () => {
    if (closing) throw new StoreError("StoreClosed", "Cannot use the session store: it is closed");
  };
  const writeTouched = async () => {
    touchTimer = undefined;
    const batch = new Map(touched);
    await records.putActivity(batch);
    for (const [id, at] of batch) if (touched.get(id) === at) touched.delete(id);
  };
  const read = (id: string): SessionRecord | undefined => {
    if (closing || !isSessionId(id)) return undefined;
    const record = records.get(id);
    return record && { ...record, lastActivity: Math.max(record.lastActivity, touched.get(id) ?? 0) };
  };
  const readBlob = (id: string, key: string) => (closing || !isSessionId(id) ? undefined : records.blob(id, key));
  const close = async () => {
    clearTimeout(touchTimer);
    stopHeartbeat();
    await turns.idle();
    await writeTouched().catch(() => {});
    await records.close();
  };

  await files.sweep(records);

  return {
    async *sessions() {
      let listed = 0;
      for (const id of records.ids()) {
        const record = read(id);
        if (record) yield record;
        if (++listed % 64 === 0) await nextTurn();
      }
    },

    get: read,

    blob: readBlob,

    blobs(id, prefix) {
      const keys = closing || !isSessionId(id) ? [] : records.keys(id, prefix);
      return new Map(keys.map((key) => [key, readBlob(id, key) as Uint8Array]));
    },

    async commit(change) {
      checkOpen();
      const { record, image: staged } = change;
      checkSessionId(record.id);
      const put = new Map<string, Uint8Array>();
      for (const [key, bytes] of change.put ?? []) {
        checkBlobKey(key);
        put.set(key, bytes.slice());
      }
      const remove = [...(change.remove ?? [])];
      const state = records.encode(record);
      const { lastActivity } = record;

      await turns.run(record.id, async () => {
        const earlier = records.image(record.id);
        const adopted = staged && (await files.adopt(record.id, staged));
        try {
          await records.write(record.id, { state, lastActivity, put, remove, image: adopted?.name });
        } catch (cause) {
          await adopted?.giveBack().catch(() => {});
          throw await failure("save the session", cause);
        }
        // A file left behind here is swept at the next start.
        if (adopted && earlier) await files.remove(record.id, earlier).catch(() => {});
      });
    },

    touch(id, at) {
      if (closing || !isSessionId(id) || !records.has(id)) return;
      touched.set(id, Math.max(at, touched.get(id) ?? 0));
      touchTimer ??= setTimeout(() => void writeTouched().catch(() => {}), touchDelayMs).unref();
    },

    async stage(id) {
      checkOpen();
      checkSessionId(id);
      return files.stage(id);
    },

    imagePath(record) {
      const image = closing ? undefined : records.image(record.id);
      return image && files.path(record.id, image);
    },

    async bytes(id) {
      if (closing || !isSessionId(id)) return 0;
      const image = records.image(id);
      return records.blobBytes(id) + (image ? await files.bytes(id, image) : 0);
    },

    async delete(id) {
      checkOpen();
      checkSessionId(id);
      await turns.run(id, async () => {
        try {
          touched.delete(id);
          await records.remove(id);
          await files.removeAll(id);
        } catch (cause) {
          throw await failure("delete the session", cause);
        }
      });
    },

    close() {
      closing ??= close();
      return closing;
    },
  };
}

/** Creates the folder if need be and makes this process its owner. */
async function openFolder(folder: string, heartbeat: string): Promise<Records> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await mkdir(join(folder, "records"), { recursive: true });
    // The folder holds medical images: also when it existed before, nobody else on this machine looks inside.
    await chmod(folder, 0o700);
    await syncToDisk(folder);
    return await openRecords(join(folder, "records"), heartbeat);
  } catch (cause) {
    throw diskError(`open the session folder ${folder}`, cause);
  }
}
