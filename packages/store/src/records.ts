import { deserialize, serialize } from "node:v8";
import { open } from "lmdb";
import { StoreError } from "./errors.ts";
import { isRunning, type Owner, thisProcess } from "./owner.ts";
import type { SessionRecord } from "./store.ts";

/** The part of a disk store that lives in LMDB. Its writes throw LMDB's errors as they are. */
export interface Records {
  /** A snapshot of the record, to be written later; the image's name is kept apart. */
  encode(record: SessionRecord): Uint8Array;
  ids(): readonly string[];
  get(id: string): SessionRecord | undefined;
  has(id: string): boolean;
  image(id: string): string | undefined;
  blob(id: string, key: string): Uint8Array | undefined;
  /** Keys of the session's blobs that start so. */
  keys(id: string, prefix: string): readonly string[];
  /** Of all blobs of the session together. */
  blobBytes(id: string): number;
  /** One transaction, flushed when the promise resolves. */
  write(id: string, change: RecordChange): Promise<void>;
  putActivity(times: ReadonlyMap<string, number>): Promise<void>;
  remove(id: string): Promise<void>;
  close(): Promise<void>;
}

export interface RecordChange {
  /** What `encode` made. */
  readonly state: Uint8Array;
  readonly lastActivity: number;
  readonly put: ReadonlyMap<string, Uint8Array>;
  readonly remove: readonly string[];
  /** Name of a new image file; all blobs not in `put` go with the old one. */
  readonly image?: string;
}

const formatVersion = 1;

/** Throws `StoreLocked` or `StoreFormat`. */
export async function openRecords(path: string, heartbeatFile: string): Promise<Records> {
  // overlappingSync would resolve a write before it is flushed. eventTurnBatching would open a second promise per turn,
  // which nobody can catch when a transaction fails, and so would end the process.
  const root = open({ path, noSubdir: false, overlappingSync: false, eventTurnBatching: false, encoding: "binary" });
  const meta = root.openDB<unknown, string>("meta", { encoding: "json" });
  const records = root.openDB<Buffer, string>("records", { encoding: "binary" });
  const images = root.openDB<string, string>("images", { encoding: "string" });
  const activity = root.openDB<number, string>("activity", { encoding: "json" });
  const blobs = root.openDB<Buffer, string>("blobs", { encoding: "binary" });

  try {
    // A write transaction is exclusive across processes, so two that start together cannot both find the folder free.
    root.transactionSync(() => {
      checkFormat(meta.get("format"));
      const owner = meta.get("owner") as Owner | undefined;
      if (owner && isRunning(owner, heartbeatFile)) throw lockedError(owner);
      void meta.put("format", formatVersion);
      void meta.put("owner", thisProcess());
    });
  } catch (error) {
    await root.close();
    throw error;
  }

  // Keys are printable ASCII, so that nothing of this prefix comes after its end.
  const blobKeys = (id: string, prefix = "") => [
    ...blobs.getKeys({ start: `${id}/${prefix}`, end: `${id}/${prefix}\u007f` }),
  ];
  const transact = async (work: () => void) => {
    try {
      await root.batch(work);
    } catch (error) {
      // The reason arrives in a promise of its own, which has to be awaited or it ends the process.
      const reason = (error as { commitError?: Promise<never> }).commitError ?? Promise.reject(error);
      await reason;
    }
  };

  return {
    encode({ image: _kept, ...record }) {
      return serialize(record);
    },

    ids: () => [...records.getKeys()],

    get(id) {
      const bytes = records.get(id);
      if (!bytes) return undefined;
      const record: SessionRecord = deserialize(bytes);
      const image = images.get(id);
      const lastActivity = activity.get(id) ?? record.lastActivity;
      return { ...record, lastActivity, ...(image && { image }) };
    },

    has: (id) => records.doesExist(id),

    image: (id) => images.get(id),

    blob(id, key) {
      const bytes = blobs.getBinary(`${id}/${key}`);
      return bytes && new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    },

    keys: (id, prefix) => blobKeys(id, prefix).map((key) => key.slice(id.length + 1)),

    blobBytes(id) {
      // "Fast" gives a view of memory that the next read uses again: nothing is allocated to learn a length.
      return blobKeys(id).reduce((sum, key) => sum + (blobs.getBinaryFast(key)?.length ?? 0), 0);
    },

    async write(id, { state, lastActivity, put, remove, image }) {
      const gone = image ? blobKeys(id) : remove.map((key) => `${id}/${key}`);
      await transact(() => {
        for (const key of gone) void blobs.remove(key);
        for (const [key, bytes] of put) void blobs.put(`${id}/${key}`, asBuffer(bytes));
        if (image) void images.put(id, image);
        void activity.put(id, Math.max(lastActivity, activity.get(id) ?? 0));
        void records.put(id, asBuffer(state));
      });
    },

    async putActivity(times) {
      if (times.size === 0) return;
      await transact(() => {
        for (const [id, at] of times) {
          if (records.doesExist(id)) void activity.put(id, Math.max(at, activity.get(id) ?? 0));
        }
      });
    },

    async remove(id) {
      const gone = blobKeys(id);
      await transact(() => {
        for (const key of gone) void blobs.remove(key);
        for (const table of [records, images, activity]) void table.remove(id);
      });
    },

    async close() {
      await transact(() => void meta.remove("owner")).catch(() => {});
      await root.close();
    },
  };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function checkFormat(format: unknown): void {
  if (format === undefined || format === formatVersion) return;
  throw new StoreError(
    "StoreFormat",
    `Cannot read the session folder: it has format ${format}, and this version reads format ${formatVersion}. ` +
      "Use the version that wrote it, or another folder.",
  );
}

function lockedError(owner: Owner): StoreError {
  const who = `process ${owner.pid} on ${owner.host}`;
  return new StoreError(
    "StoreLocked",
    `Cannot open the session folder: ${who} is using it. Stop that server, or choose another folder.`,
  );
}
