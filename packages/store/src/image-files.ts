import { randomUUID } from "node:crypto";
import { readdirSync } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { diskError, StoreError } from "./errors.ts";
import type { StagedFile } from "./store.ts";

/**
 * Uploads and committed images as files:
 *
 *     uploads/<session id>.<random name>     staged, swept at start
 *     sessions/<session id>/<random name>    committed
 *
 * Every name is made here; a client's file name never becomes a path. Folders are closed to other users of the machine.
 */
export interface ImageFiles {
  stage(id: string): Promise<StagedFile>;
  /** Moves a staged file among the committed ones, durably. Throws `StagedFileGone`. */
  adopt(id: string, staged: StagedFile): Promise<AdoptedFile>;
  path(id: string, name: string): string;
  /** 0 when it is gone. */
  bytes(id: string, name: string): Promise<number>;
  remove(id: string, name: string): Promise<void>;
  /** Everything of one session, staged files too. */
  removeAll(id: string): Promise<void>;
  /** Removes what no commit speaks of: all uploads, folders of unknown sessions, images other than the session's own. */
  sweep(committed: { has(id: string): boolean; image(id: string): string | undefined }): Promise<void>;
}

export interface AdoptedFile {
  readonly name: string;
  /** Undoes the move, when the commit it belonged to failed. */
  giveBack(): Promise<void>;
}

export function imageFiles(folder: string): ImageFiles {
  const uploads = join(folder, "uploads");
  const sessions = join(folder, "sessions");
  const path = (id: string, name: string) => join(sessions, id, name);
  const stagedPrefix = (id: string) => `${id}.`;

  return {
    path,

    async stage(id) {
      const file = join(uploads, stagedPrefix(id) + randomUUID());
      try {
        await mkdir(uploads, { recursive: true, mode: 0o700 });
        await writeFile(file, "", { flag: "wx", mode: 0o600 });
      } catch (cause) {
        throw diskError("begin the upload", cause);
      }
      return { path: file, discard: () => rm(file, { force: true }) };
    },

    async adopt(id, staged) {
      const name = randomUUID();
      const target = path(id, name);
      if (!staged.path.startsWith(join(uploads, stagedPrefix(id)))) {
        throw new StoreError("StagedFileGone", "Cannot commit the upload: it was staged for another session");
      }
      try {
        await syncToDisk(staged.path);
        await mkdir(dirname(target), { recursive: true, mode: 0o700 });
        await rename(staged.path, target);
        await syncToDisk(dirname(target));
        await syncToDisk(sessions);
      } catch (cause) {
        await rename(target, staged.path).catch(() => {});
        if ((cause as NodeJS.ErrnoException).code === "ENOENT") {
          throw new StoreError("StagedFileGone", "Cannot commit the upload: it is no longer there", { cause });
        }
        throw diskError("keep the uploaded image", cause);
      }
      return { name, giveBack: () => rename(target, staged.path) };
    },

    bytes: (id, name) =>
      stat(path(id, name)).then(
        ({ size }) => size,
        () => 0,
      ),

    remove: (id, name) => rm(path(id, name), { force: true }),

    async removeAll(id) {
      const staged = (await readNames(uploads)).filter((name) => name.startsWith(stagedPrefix(id)));
      for (const name of staged) await rm(join(uploads, name), { force: true });
      await rm(join(sessions, id), { recursive: true, force: true });
    },

    async sweep(committed) {
      await rm(uploads, { recursive: true, force: true });
      await mkdir(sessions, { recursive: true, mode: 0o700 });
      const orphans: string[] = [];
      // Nothing is served yet while this runs, and a thousand small folders are read several times faster in one go.
      for (const id of readdirSync(sessions)) {
        const image = committed.has(id) ? committed.image(id) : undefined;
        // Also of a session that is known: the first upload's folder is made before its commit.
        if (image === undefined) {
          orphans.push(join(sessions, id));
          continue;
        }
        for (const name of readdirSync(join(sessions, id))) if (name !== image) orphans.push(path(id, name));
      }
      for (const orphan of orphans) await rm(orphan, { recursive: true, force: true });
    },
  };
}

/** Names in a folder; none when it is not there. */
async function readNames(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** Waits until a file's bytes, or a folder's entries, are on the disk. */
export async function syncToDisk(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } catch (error) {
    // Windows cannot flush a handle opened for reading, nor a folder.
    if (process.platform !== "win32") throw error;
  } finally {
    await handle.close();
  }
}
