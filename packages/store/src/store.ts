/**
 * What a session is on disk: one record, some blobs (masks, history), and the image as the file that came.
 *
 * A record is plain data (structured-cloneable, no class instances). The store never looks inside `state`; it only
 * promises that what was committed is there afterwards, whole, and that what was not committed is not.
 */
export interface SessionRecord {
  /** UUID v4. The only key to the session. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly lastActivity: number;
  /** Name of the image file in this session's folder; absent before the first upload. */
  readonly image?: string;
  /** Whatever the server keeps about the session: geometry, points, segments, prompts. */
  readonly state: unknown;
}

/** Everything one acknowledged call changes, made durable together or not at all. */
export interface Commit {
  readonly record: SessionRecord;
  readonly put?: ReadonlyMap<string, Uint8Array>;
  readonly remove?: readonly string[];
  /** An upload to make the session's image; the earlier image file is removed, and all blobs not in `put`. */
  readonly image?: StagedFile;
}

/** An upload on its way: bytes go to a temporary file, which becomes the image in a commit or vanishes. */
export interface StagedFile {
  readonly path: string;
  discard(): Promise<void>;
}

export interface Store {
  /** Records of all sessions; used once, at start. */
  sessions(): AsyncIterable<SessionRecord>;
  get(id: string): SessionRecord | undefined;
  blob(id: string, key: string): Uint8Array | undefined;
  /** Resolves when the change is on disk. Rejects, and changes nothing, when it cannot be. */
  commit(change: Commit): Promise<void>;
  /** `lastActivity` alone; cheap, may be lost by a crash by up to some seconds. */
  touch(id: string, at: number): void;
  stage(id: string): Promise<StagedFile>;
  /** Where the committed image lies, to be read as a file. */
  imagePath(record: SessionRecord): string | undefined;
  delete(id: string): Promise<void>;
  close(): Promise<void>;
}
