import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { CatalogueUnavailable } from "./catalogue-errors.ts";
import { officialRepo, type PinnedModel, pinnedModels } from "./pinned-models.ts";

/** Where models come from and where they are kept. */
export interface CatalogueSettings {
  /** Repository on the hub, `owner/name`. */
  readonly repo: string;
  /** Base address of the hub or its mirror, without a slash at the end. */
  readonly endpoint: string;
  /** Holds `models/<id>/`, `downloads/` and `models.json`, as the reference lays it out. */
  readonly root: string;
  /** Models whose files are known in advance; none for a repository other than the official one. */
  readonly pinned: readonly PinnedModel[];
}

export interface CatalogueEntry {
  readonly id: string;
  readonly displayName: string;
  /** Folder in the repository. */
  readonly path: string;
  readonly isDefault: boolean;
}

export interface Catalogue {
  readonly models: readonly CatalogueEntry[];
  /** `cache`: the hub could not be reached (`reason` says why), and this is the list as it was last seen. */
  readonly from: "hub" | "cache";
  readonly reason?: string;
}

const manifestTimeoutMs = 15_000;

/**
 * Reads the environment (spec §1.7): `NNINTERACTIVE_REPO_ID`, `NNINTERACTIVE_MODEL_DIR` (`~` is expanded; default
 * `~/.nninteractive`), and the hub's own `HF_ENDPOINT` for a mirror.
 */
export function catalogueSettings(env: Readonly<Record<string, string | undefined>>): CatalogueSettings {
  const repo = env.NNINTERACTIVE_REPO_ID || officialRepo;
  const folder = env.NNINTERACTIVE_MODEL_DIR || "~/.nninteractive";
  return {
    repo,
    endpoint: (env.HF_ENDPOINT || "https://huggingface.co").replace(/\/+$/, ""),
    root: resolve(folder.replace(/^~(?=$|[\\/])/, homedir())),
    pinned: repo === officialRepo ? pinnedModels : [],
  };
}

/** Address of one file's content. */
export function fileUrl({ endpoint, repo }: CatalogueSettings, revision: string, path: string): string {
  const encoded = path.split("/").map(encodeURIComponent).join("/");
  return `${endpoint}/${repo}/resolve/${encodeURIComponent(revision)}/${encoded}`;
}

/**
 * The list of models: from the hub, which is then kept, or the kept one.
 *
 * @throws CatalogueUnavailable when there is neither, or the list has no model in it
 */
export async function loadCatalogue(settings: CatalogueSettings, signal?: AbortSignal): Promise<Catalogue> {
  const cached = join(settings.root, "models.json");
  try {
    const text = await fetchManifest(settings, signal);
    const models = parseManifest(text);
    await keep(cached, text);
    return { models, from: "hub" };
  } catch (cause) {
    signal?.throwIfAborted();
    const reason = describe(cause);
    const models = await readFile(cached, "utf8").then(parseManifest, () => undefined);
    if (models) return { models, from: "cache", reason };
    throw new CatalogueUnavailable(
      `Cannot get the list of models of ${settings.repo} from ${settings.endpoint} (${reason}), and there is no earlier ` +
        `copy in ${settings.root}. Set HF_ENDPOINT to a mirror, or give the path of a model folder you have.`,
      { cause },
    );
  }
}

/** The reason of a failure in one line; `fetch` hides it in `cause`. */
export function describe(error: unknown): string {
  const { message, cause } = error as Error;
  const inner = cause as (Error & { code?: string }) | undefined;
  return inner ? `${message}: ${inner.message || inner.code}` : (message ?? String(error));
}

const name = z.string().regex(/^nnInteractive_[A-Za-z0-9._-]*$/);
const entry = z.looseObject({
  id: name,
  display_name: z.string(),
  path: name,
  default: z.unknown().optional(),
});
const manifest = z.looseObject({
  schema_version: z.unknown().refine((value) => value !== undefined),
  models: z.array(z.unknown()),
});

/**
 * Spec §1.7: bad entries and repeated ids are left out; the first one marked as default is the default, or else the
 * first. Throws when nothing is left.
 */
export function parseManifest(text: string): CatalogueEntry[] {
  const { models } = manifest.parse(JSON.parse(text));
  const entries = models.flatMap((model) => entry.safeParse(model).data ?? []);
  const unique = entries.filter(({ id }, index) => entries.findIndex((other) => other.id === id) === index);
  if (unique.length === 0) throw new Error("models.json lists no model");
  const marked = unique.findIndex((model) => model.default === true);
  return unique.map(({ id, display_name, path }, index) => ({
    id,
    displayName: display_name,
    path,
    isDefault: index === Math.max(marked, 0),
  }));
}

async function fetchManifest(settings: CatalogueSettings, signal?: AbortSignal): Promise<string> {
  const timeout = AbortSignal.timeout(manifestTimeoutMs);
  const response = await fetch(fileUrl(settings, "main", "models.json"), {
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
  });
  if (!response.ok) throw new Error(`models.json: status ${response.status}`);
  return response.text();
}

async function keep(path: string, text: string): Promise<void> {
  const part = `${path}.${process.pid}.part`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(part, text);
    await rename(part, path);
  } catch {
    // A folder that cannot be written still lets the list be read.
  }
}
