/**
 * What a session is on disk: one record, some blobs (masks, history), and the image as the file that came.
 *
 * A record is plain data (structured-cloneable, no class instances). The store never looks inside `state`; it only
 * promises that what was committed is there afterwards, whole, and that what was not committed is not.
 */
export interface SessionRecord {
  /** UUID v4, lower case. The only key to the session. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** The latest of all commits and touches. */
  readonly lastActivity: number;
  /**
   * Name of the image file in this session's folder; absent before the first upload. The store chooses it: what a commit's
   * record says here is ignored.
   */
  readonly image?: string;
  /** Whatever the server keeps about the session: geometry, points, segments, prompts. */
  readonly state: unknown;
}

/** Everything one acknowledged call changes, made durable together or not at all. */
export interface Commit {
  readonly record: SessionRecord;
  /** Keys are 1 to 200 printable ASCII characters. The bytes are copied during the call. */
  readonly put?: ReadonlyMap<string, Uint8Array>;
  readonly remove?: readonly string[];
  /** An upload to make the session's image; the earlier image file is removed, and all blobs not in `put`. */
  readonly image?: StagedFile;
}

/** An upload on its way: bytes go to a temporary file, which becomes the image in a commit or vanishes. */
export interface StagedFile {
  /** An empty file, to be written by the caller and closed before the commit. */
  readonly path: string;
  discard(): Promise<void>;
}

/**
 * Commits and deletions of one session happen in the order they were called. Every method that returns a promise rejects
 * with a `StoreError` (errors.ts).
 */
export interface Store {
  /** Records of all sessions; used once, at start. */
  sessions(): AsyncIterable<SessionRecord>;
  get(id: string): SessionRecord | undefined;
  /** The caller's own copy. */
  blob(id: string, key: string): Uint8Array | undefined;
  /** All blobs of the session whose key starts with `prefix`, by key, ascending; copies. */
  blobs(id: string, prefix: string): ReadonlyMap<string, Uint8Array>;
  /** Resolves when the change is on disk. Rejects, and changes nothing (a staged image stays staged), when it cannot be. */
  commit(change: Commit): Promise<void>;
  /** `lastActivity` alone; cheap, may be lost by a crash by up to some seconds. */
  touch(id: string, at: number): void;
  stage(id: string): Promise<StagedFile>;
  /** Where the committed image of the record's session lies, to be read as a file. */
  imagePath(record: SessionRecord): string | undefined;
  /** Bytes that the session's committed image and blobs take; 0 when it is unknown. */
  bytes(id: string): Promise<number>;
  /** Record, blobs, image and staged files. Deleting an unknown session does nothing. */
  delete(id: string): Promise<void>;
  close(): Promise<void>;
}
