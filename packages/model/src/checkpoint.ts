import { open } from "node:fs/promises";
import { CheckpointError } from "./errors.ts";
import { Global, type PickleValue, readPickle } from "./pickle.ts";
import { type ByteSource, fileSource } from "./source.ts";
import { readFloats, STORAGE_BYTES, Storage, type StorageType, TensorView } from "./tensor.ts";
import { tidyNames } from "./weight-names.ts";
import { readEntry, readZipDirectory, type ZipEntry } from "./zip.ts";

/** What a checkpoint file holds; the weights stay in the file until they are read. */
export interface Checkpoint {
  readonly path: string;
  /** `init_args.configuration`: which configuration of `plans.json` was trained. */
  readonly configuration?: string;
  readonly trainer?: string;
  /** Weights by tidied name (spec §2.4). */
  readonly weights: ReadonlyMap<string, TensorView>;
  /** Entries of the ZIP file by storage key. */
  readonly storages: ReadonlyMap<string, ZipEntry>;
}

/** The training log makes up the rest of `data.pkl`: about 2 MB in the official file. */
const LARGEST_PICKLE = 256 * 1024 * 1024;

/**
 * Reads the table of contents of a PyTorch checkpoint (spec §2), and none of the weights. Nothing in the file is ever run.
 *
 * @throws CheckpointError naming the file and what is wrong with it
 */
export function readCheckpoint(path: string): Promise<Checkpoint> {
  return withFile(path, async (source) => ({ path, ...(await readContents(source)) }));
}

/** The table of contents of a checkpoint's bytes, wherever they are. */
export async function readContents(source: ByteSource): Promise<Omit<Checkpoint, "path">> {
  const entries = await readZipDirectory(source);
  const pickleName = [...entries.keys()].find((name) => name === "data.pkl" || name.endsWith("/data.pkl"));
  if (pickleName === undefined)
    throw new CheckpointError("this is a ZIP file without data.pkl, so no PyTorch checkpoint");
  const prefix = pickleName.slice(0, -"data.pkl".length);
  await refuseBigEndian(source, entries.get(`${prefix}byteorder`));

  const pickle = entries.get(pickleName) as ZipEntry;
  if (pickle.size > LARGEST_PICKLE) throw new CheckpointError(`data.pkl claims ${pickle.size} bytes`);
  const root = readPickle(await readEntry(source, pickle), { construct, persistent });
  if (!(root instanceof Map))
    throw new CheckpointError("data.pkl holds no dictionary, so this is no nnU-Net checkpoint");
  const found = root.get("network_weights");
  if (!(found instanceof Map)) {
    const keys = [...root.keys()].filter((key) => typeof key === "string").slice(0, 20);
    throw new CheckpointError(
      `no 'network_weights' in it, so this is no nnU-Net checkpoint; it has [${keys.join(", ")}]`,
    );
  }
  const initArgs = root.get("init_args");
  const configuration = initArgs instanceof Map ? initArgs.get("configuration") : undefined;
  const trainer = root.get("trainer_name");
  const storages = new Map<string, ZipEntry>();
  const folder = `${prefix}data/`;
  for (const entry of entries.values()) {
    if (entry.name.startsWith(folder)) storages.set(entry.name.slice(folder.length), entry);
  }
  return {
    configuration: typeof configuration === "string" ? configuration : undefined,
    trainer: typeof trainer === "string" ? trainer : undefined,
    weights: tidyNames(found),
    storages,
  };
}

/**
 * The named weights one after the other, as float32 in C order. A storage is read from the file once, when it is first
 * needed, and let go after its last use.
 *
 * @throws CheckpointError naming the file and the weight
 */
export async function* readWeights(
  checkpoint: Checkpoint,
  names: readonly string[],
): AsyncGenerator<{ name: string; values: Float32Array<ArrayBuffer> }> {
  const handle = await openFile(checkpoint.path);
  try {
    const source = await fileSource(handle);
    const held = new Map<string, Uint8Array>();
    const uses = new Map<string, number>();
    for (const name of names) {
      const key = checkpoint.weights.get(name)?.storage.key ?? "";
      uses.set(key, (uses.get(key) ?? 0) + 1);
    }
    for (const name of names) {
      const values = await inCheckpoint(checkpoint.path, `weight "${name}"`, async () => {
        const tensor = checkpoint.weights.get(name);
        if (tensor === undefined) throw new CheckpointError("missing");
        const { key } = tensor.storage;
        const bytes = held.get(key) ?? (await readStorage(source, checkpoint, tensor.storage));
        const left = (uses.get(key) as number) - 1;
        uses.set(key, left);
        if (left > 0) held.set(key, bytes);
        else held.delete(key);
        return readFloats(tensor, bytes);
      });
      yield { name, values };
    }
  } finally {
    await handle.close();
  }
}

function readStorage(
  source: ByteSource,
  { storages }: Checkpoint,
  { key, length, type }: Storage,
): Promise<Uint8Array> {
  const entry = storages.get(key);
  if (entry === undefined) throw new CheckpointError(`its storage data/${key} is missing from the file`);
  if (entry.size < length * STORAGE_BYTES[type]) {
    throw new CheckpointError(`its storage data/${key} has ${entry.size} bytes, not ${length} elements of ${type}`);
  }
  return readEntry(source, entry);
}

async function refuseBigEndian(source: ByteSource, entry: ZipEntry | undefined): Promise<void> {
  if (entry === undefined || entry.size > 16) return;
  const order = new TextDecoder().decode(await readEntry(source, entry)).trim();
  if (order !== "little") throw new CheckpointError(`its byte order is "${order}"; only little-endian files are read`);
}

/** The whole whitelist: what a weight is made of. */
function construct(path: string, args: readonly PickleValue[]): PickleValue | undefined {
  if (path === "collections.OrderedDict") return new Map();
  if (path === "torch._utils._rebuild_parameter") return args[0];
  if (path === "torch._utils._rebuild_tensor_v2") {
    const [storage, offset, shape, strides] = args;
    const sound = storage instanceof Storage && isIndex(offset) && isIndexList(shape) && isIndexList(strides);
    if (sound && shape.length === strides.length && shape.length <= 8) {
      return new TensorView(storage, offset, shape, strides);
    }
  }
  return undefined;
}

function persistent(id: PickleValue): PickleValue | undefined {
  if (!Array.isArray(id) || id[0] !== "storage") return undefined;
  const [, type, key, , length] = id;
  if (!(type instanceof Global) || typeof key !== "string" || !isIndex(length)) return undefined;
  const name = type.path.replace(/^torch\./, "");
  return Object.hasOwn(STORAGE_BYTES, name) ? new Storage(name as StorageType, key, length) : undefined;
}

function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isIndexList(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(isIndex);
}

async function withFile<T>(path: string, use: (source: ByteSource) => Promise<T>): Promise<T> {
  const handle = await openFile(path);
  try {
    return await inCheckpoint(path, undefined, async () => use(await fileSource(handle)));
  } finally {
    await handle.close();
  }
}

async function openFile(path: string) {
  try {
    return await open(path, "r");
  } catch (cause) {
    throw new CheckpointError(`Cannot open checkpoint ${path}: ${(cause as Error).message}`, { cause });
  }
}

/** Says in which file, and at which weight, a `CheckpointError` of the readers below happened. */
async function inCheckpoint<T>(path: string, part: string | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof CheckpointError)) throw cause;
    const where = part === undefined ? path : `${part} of ${path}`;
    throw new CheckpointError(`Cannot read ${part === undefined ? "checkpoint " : ""}${where}: ${cause.message}`, {
      cause,
    });
  }
}
