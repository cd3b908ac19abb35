import type { PartsChange, SavedParts } from "@septum/segment";

/** Where an object's parts lie: its head under the object's own key, the others behind a slash. */
export interface BlobSource {
  blob(key: string): Uint8Array | undefined;
  /** All whose key starts so. */
  blobs(prefix: string): ReadonlyMap<string, Uint8Array>;
}

/** What goes to the store. */
export interface BlobChange {
  readonly put: ReadonlyMap<string, Uint8Array>;
  readonly remove: readonly string[];
}

export function partKey(object: string, part: string): string {
  return part === "" ? object : `${object}/${part}`;
}

/** The parts of the object under this key; undefined when there is none. */
export function readObject(source: BlobSource, object: string): SavedParts | undefined {
  const head = source.blob(object);
  if (!head) return undefined;
  const prefix = `${object}/`;
  const others = [...source.blobs(prefix)].map(([key, bytes]) => [key.slice(prefix.length), bytes] as const);
  return new Map([["", head], ...others]);
}

/** What an object's change is to the blobs. */
export function writeObject(object: string, { put, remove }: PartsChange): BlobChange {
  return {
    put: new Map([...put].map(([part, bytes]) => [partKey(object, part), bytes])),
    remove: remove.map((part) => partKey(object, part)),
  };
}

export function together(...changes: readonly Partial<BlobChange>[]): BlobChange {
  return {
    put: new Map(changes.flatMap(({ put }) => [...(put ?? [])])),
    remove: changes.flatMap(({ remove }) => remove ?? []),
  };
}
