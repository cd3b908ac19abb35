import { make } from "./calls.ts";

/** Everything that a session's owner can read of it, apart from times; undefined when the session is gone. */
export interface Snapshot {
  readonly status: Readonly<Record<string, unknown>>;
  readonly points: unknown;
  readonly segments: unknown;
  /** Steps that can be undone and redone. */
  readonly history: unknown;
  /** Names and colours. */
  readonly labels: unknown;
  /** Hashes of frames, by label; `all` is the merged label map. */
  readonly masks: Readonly<Record<string, unknown>>;
  readonly image: unknown;
  readonly labelFile: unknown;
}

/** Of `/api/status`, what belongs to the session and not to the server or the moment. */
const ownToSession = [
  "nifti_loaded",
  "nifti_shape",
  "total_points",
  "segmentation_files",
  "image",
  "segments",
  "running",
  "uploading",
  "image_revision",
  "mask_revision",
] as const;

export async function snapshotOf(url: string, sessionId: string, send = fetch): Promise<Snapshot | undefined> {
  const get = (path: string) => make({ method: "GET", path }, url, sessionId, send);
  const status = await get("/api/status");
  if (status.status === 404) return undefined;
  if (status.status !== 200) throw new Error(`The status was refused: ${JSON.stringify(status)}`);
  const facts = status.body as Record<string, unknown>;
  const body = async (path: string) => (await get(path)).body;
  const masks: Record<string, unknown> = { all: await body("/api/mask") };
  for (const { label } of facts.segments as { label: number }[]) {
    masks[label] = await body(`/api/mask?label=${label}`);
  }
  return {
    status: Object.fromEntries(ownToSession.map((key) => [key, facts[key]])),
    points: await body("/api/points"),
    segments: await body("/api/segments"),
    history: await body("/api/history"),
    labels: await body("/api/color_template"),
    masks,
    image: await body("/api/image"),
    labelFile: await body("/api/download/labels"),
  };
}
