import { mkdtemp, rm, stat, statfs, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { reasonOf } from "../errors.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";
import { gigabytes } from "./machine.ts";

/** Below it the server says that it is not ready (`/readyz`). */
const leastFreeBytes = 64 * 1024 * 1024;

/** Room for fewer of the largest uploads than this will soon be used up. */
const comfortableUploads = 10;

const elsewhere = "choose another folder with --data (SEPTUM_DATA)";

/** Whether the folder, or the first one above it that exists, can be written: by writing a file there. */
export async function checkWritable(folder: string): Promise<Finding> {
  const place = await firstExisting(folder);
  if (place === undefined) return fail("data", `${folder}: a part of the path is not a folder`, elsewhere);
  const says = place === resolve(folder) ? folder : `${folder} will be made in ${place}`;
  try {
    const probe = await mkdtemp(join(place, ".septum-doctor-"));
    try {
      await writeFile(join(probe, "probe"), "septum");
    } finally {
      await rm(probe, { recursive: true, force: true });
    }
    return ok("data", `${says}, can be written`);
  } catch (error) {
    return fail(
      "data",
      `${place} cannot be written: ${reasonOf(error)}`,
      `${whatHelps(error, place)}, or ${elsewhere}`,
    );
  }
}

/** Whether the disk has room for uploads of the size allowed. */
export async function checkDisk(folder: string, maxUploadMb: number, free = freeBytes): Promise<Finding> {
  const room = await free((await firstExisting(folder)) ?? folder);
  if (room === undefined) return warn("disk", "the system does not say how much is free", "look with df -h");
  const upload = maxUploadMb * 1024 * 1024;
  const uploads = Math.floor(room / upload);
  const says = `${gigabytes(room)} free: room for ${uploads} uploads of the largest size allowed (${maxUploadMb} MB)`;
  const fix = `free some room, ${elsewhere}, or allow smaller uploads with --max-upload-mb`;
  if (room < leastFreeBytes || uploads < 1) return fail("disk", says, fix);
  return uploads < comfortableUploads ? warn("disk", says, fix) : ok("disk", says);
}

/** Whether the sessions kept there can be opened. `open` throws what a start of the server would. */
export async function checkSessions(folder: string, open: (folder: string) => Promise<void>): Promise<Finding> {
  try {
    await open(folder);
    return ok("sessions", "can be opened");
  } catch (error) {
    const { message, tag } = error as Error & { tag?: string };
    if (tag === "StoreLocked")
      return warn("sessions", message, `nothing, when that server is meant; else stop it, or ${elsewhere}`);
    if (tag === "StoreFormat")
      return fail("sessions", message, `start the version of Septum that wrote it, or ${elsewhere}`);
    return fail("sessions", message, `mend the folder, restore a copy, or ${elsewhere}`);
  }
}

async function firstExisting(folder: string): Promise<string | undefined> {
  for (let place = resolve(folder); ; place = dirname(place)) {
    const found = await stat(place).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error;
    });
    if (found) return found.isDirectory() ? place : undefined;
    if (place === dirname(place)) return undefined;
  }
}

async function freeBytes(folder: string): Promise<number | undefined> {
  const room = await statfs(folder).catch(() => undefined);
  return room && room.bavail * room.bsize;
}

function whatHelps(error: unknown, place: string): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOSPC") return "free some room on its disk";
  if (code === "EROFS") return "mount its disk for writing";
  return `give this user the right to write there (chown or chmod ${place})`;
}
