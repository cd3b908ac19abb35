import { mkdir, readdir, readFile, rename, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { listFiles } from "@huggingface/hub";
import { type CatalogueEntry, type CatalogueSettings, describe, fileUrl, loadCatalogue } from "./catalogue.ts";
import { DownloadFailed, LicenceNotAccepted, UnknownModel } from "./catalogue-errors.ts";
import { type ExpectedFile, fileMismatch } from "./checksum.ts";
import { type DownloadOptions, downloadFile } from "./download.ts";
import type { PinnedModel } from "./pinned-models.ts";

export interface EnsureOptions extends Pick<DownloadOptions, "signal" | "retries" | "pauseMs" | "idleMs"> {
  /** Shown the licence of the weights before they are fetched. Without it, or answering false, nothing more is fetched. */
  readonly acceptLicence?: (licence: Licence) => boolean | Promise<boolean>;
  readonly onProgress?: (progress: DownloadProgress) => void;
}

export interface Licence {
  readonly model: string;
  /** Content of the model's licence file, or a sentence saying that there is none. */
  readonly text: string;
}

export interface DownloadProgress {
  /** The file under way, `/` between folders. */
  readonly file: string;
  /** Of the whole model. */
  readonly bytes: number;
  readonly totalBytes: number;
}

/** A model's files as the hub has them. */
interface RemoteModel {
  readonly id: string;
  readonly path: string;
  readonly revision: string;
  readonly files: Readonly<Record<string, ExpectedFile>>;
}

/** `<root>/models/<id>`. */
export function modelPath({ root }: CatalogueSettings, id: string): string {
  return join(root, "models", id);
}

/**
 * Where the model is on this machine, without looking anywhere else; undefined when it is not here, or not whole.
 *
 * A pinned model has to match its sizes and hashes (a file is hashed again only after it changed). Of another model
 * nothing is known, so any folder with something in it counts (spec §1.7).
 */
export async function findModel(settings: CatalogueSettings, id: string): Promise<string | undefined> {
  const folder = modelPath(settings, id);
  if ((await readdir(folder).catch(() => [])).length === 0) return undefined;
  const pinned = settings.pinned.find((model) => model.id === id);
  if (pinned && (await damagedFiles(settings, pinned)).length > 0) return undefined;
  return folder;
}

/**
 * The folder of a model of the catalogue, downloaded unless it is here. A cut download goes on where it ended.
 *
 * @throws UnknownModel, CatalogueUnavailable, LicenceNotAccepted, DownloadFailed; the signal's reason when aborted
 */
export async function ensureModel(
  settings: CatalogueSettings,
  id: string,
  options: EnsureOptions = {},
): Promise<string> {
  const present = await findModel(settings, id);
  if (present) return present;
  const pinned = settings.pinned.find((model) => model.id === id);
  const remote = pinned ?? (await remoteModel(settings, await lookUp(settings, id, options.signal), options.signal));
  const missing = pinned ? await damagedFiles(settings, pinned) : Object.keys(remote.files);

  const staging = join(settings.root, "downloads", id);
  await fetchMissing(settings, remote, missing, staging, options);
  const folder = modelPath(settings, id);
  await moveInto(folder, staging, missing);
  if (pinned) {
    const damaged = await damagedFiles(settings, pinned);
    if (damaged.length > 0)
      throw new DownloadFailed(`${folder} was changed while it was downloaded: ${damaged.join(", ")}`);
  }
  return folder;
}

async function lookUp(settings: CatalogueSettings, id: string, signal?: AbortSignal): Promise<CatalogueEntry> {
  const { models } = await loadCatalogue(settings, signal);
  const found = models.find((model) => model.id === id);
  if (found) return found;
  throw new UnknownModel(
    `There is no model ${id} in ${settings.repo}. It has: ${models.map((model) => model.id).join(", ")}`,
  );
}

/** What the hub says is under the entry's folder, with the hashes it knows. */
async function remoteModel(
  settings: CatalogueSettings,
  entry: CatalogueEntry,
  signal?: AbortSignal,
): Promise<RemoteModel> {
  const { repo, endpoint } = settings;
  const files: Record<string, ExpectedFile> = {};
  try {
    const listing = listFiles({
      repo: { type: "model", name: repo },
      hubUrl: endpoint,
      path: entry.path,
      recursive: true,
      fetch: (input, init) => fetch(input, { ...init, signal }),
    });
    for await (const { type, path, size, lfs, oid } of listing) {
      if (type !== "file") continue;
      const hash = lfs ? { sha256: lfs.oid } : { gitBlob: oid };
      files[pathInside(entry.path, path)] = { bytes: lfs?.size ?? size, ...hash };
    }
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof DownloadFailed) throw cause;
    throw new DownloadFailed(`Cannot list the files of ${entry.id} at ${endpoint}: ${describe(cause)}`, { cause });
  }
  if (Object.keys(files).length === 0) throw new DownloadFailed(`${entry.id} has no files in ${repo} at ${endpoint}`);
  return { id: entry.id, path: entry.path, revision: "main", files };
}

/** The listing comes from a server: a path that leaves the model's folder is refused. */
function pathInside(folder: string, path: string): string {
  const inside = path.slice(folder.length + 1);
  const parts = inside.split("/");
  const plain = parts.every((part) => part !== "" && part !== "." && part !== ".." && !/[\\:\0]/.test(part));
  if (path.startsWith(`${folder}/`) && plain) return inside;
  throw new DownloadFailed(`The server lists a file outside the model's folder: ${JSON.stringify(path)}`);
}

/** Downloads the missing files to the staging folder: the licence first, the others when it was accepted. */
async function fetchMissing(
  settings: CatalogueSettings,
  remote: RemoteModel,
  missing: readonly string[],
  staging: string,
  options: EnsureOptions,
): Promise<void> {
  const { acceptLicence, onProgress, ...download } = options;
  const sizes = Object.fromEntries(Object.entries(remote.files).map(([file, { bytes }]) => [file, bytes]));
  const totalBytes = missing.reduce((sum, file) => sum + sizes[file], 0);
  let before = 0;

  const fetchOne = async (file: string) => {
    const target = join(staging, file);
    const expected = remote.files[file];
    if (await fileMismatch(target, expected)) {
      const url = fileUrl(settings, remote.revision, `${remote.path}/${file}`);
      const report = (bytes: number) => onProgress?.({ file, bytes: before + bytes, totalBytes });
      await downloadFile({ ...download, url, target, expected, onProgress: report });
    }
    before += expected.bytes;
  };

  const licenceFile = Object.keys(remote.files).find((file) => /^licen[cs]e(\.(md|txt))?$/i.test(file));
  if (licenceFile && missing.includes(licenceFile)) await fetchOne(licenceFile);
  const kept = licenceFile && [join(staging, licenceFile), join(modelPath(settings, remote.id), licenceFile)];
  const text = kept
    ? await readFile(kept[0], "utf8").catch(() => readFile(kept[1], "utf8"))
    : "The model comes without a licence file: ask its authors what is allowed.";
  if (!(await acceptLicence?.({ model: remote.id, text }))) {
    throw new LicenceNotAccepted(`${remote.id} was not downloaded: its licence has to be accepted first`);
  }
  for (const file of missing) if (file !== licenceFile) await fetchOne(file);
}

/** A new model appears at once, whole; files of a damaged one are replaced one by one. */
async function moveInto(folder: string, staging: string, files: readonly string[]): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  await rmdir(folder).catch(() => {});
  if ((await stat(folder).catch(() => undefined)) === undefined) {
    await rename(staging, folder);
    return;
  }
  for (const file of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await rename(join(staging, file), join(folder, file));
  }
  await rm(staging, { recursive: true, force: true });
}

/** Files of a pinned model that are missing or wrong, remembering for the next time which ones were found good. */
async function damagedFiles(settings: CatalogueSettings, { id, files }: PinnedModel): Promise<string[]> {
  const folder = modelPath(settings, id);
  const noteFile = join(settings.root, "downloads", `${id}.verified.json`);
  const note: Record<string, string> = await readFile(noteFile, "utf8")
    .then(JSON.parse)
    .catch(() => ({}));
  const verified: Record<string, string> = {};
  const damaged: string[] = [];
  for (const [file, expected] of Object.entries(files)) {
    const path = join(folder, file);
    const stamp = await stampOf(path);
    const good = stamp !== undefined && (note[file] === stamp || (await fileMismatch(path, expected)) === undefined);
    if (good) verified[file] = stamp;
    else damaged.push(file);
  }
  if (JSON.stringify(note) !== JSON.stringify(verified)) {
    await mkdir(dirname(noteFile), { recursive: true })
      .then(() => writeFile(noteFile, JSON.stringify(verified)))
      .catch(() => {});
  }
  return damaged;
}

/** Changes when the file does. */
async function stampOf(path: string): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found && `${found.size} ${found.mtimeNs} ${found.ctimeNs} ${found.ino}`;
}
