import type { LabelMap } from "../engine/engine.ts";
import { HttpError, noImage } from "../http/http-error.ts";
import { refuseLocked } from "./points.ts";
import { type RunInProgress, startRun } from "./run-in-progress.ts";
import { remakeObject } from "./segments.ts";
import type { Session } from "./session.ts";
import { findPoint, findSegment, isLocked, isMadeFrom, layersOf } from "./state.ts";

export interface RunResult {
  readonly segments: readonly RunSegment[];
  /** Labels that hold at least one voxel of the merged label map, ascending. */
  readonly uniqueLabels: readonly number[];
  readonly maskRevision: number;
}

export interface RunSegment {
  readonly label: number;
  readonly voxels: number;
  /** Made from exactly this point before, and kept. */
  readonly unchanged: boolean;
  readonly passes: number;
  readonly secondsNetwork: number;
  readonly secondsTotal: number;
}

/**
 * Makes one object of every numbered point (or of `numbers` alone), in the order of their numbers. An object that grew from
 * exactly this point is kept, and so is a locked one unless it was asked for by number. When the run is stopped, the objects already done stay and the one under way is as before.
 *
 * Throws `no_image`, `no_points`, `point_not_found`, `segment_locked`, `run_in_progress`.
 */
export async function runPoints(
  session: Session,
  numbers: readonly number[] | undefined,
  signal: AbortSignal,
): Promise<RunResult> {
  const chosen = choosePoints(session, numbers);
  if (session.run) {
    throw new HttpError("run_in_progress", "A run of this session is in progress: wait for its end, or stop it");
  }
  const run = startRun(chosen, AbortSignal.any([session.signal, signal]));
  session.run = run;
  session.events.push({ type: "run", state: "started", numbers: [...chosen] });
  let outcome: "completed" | "aborted" | "failed" = "failed";
  const segments: RunSegment[] = [];
  const start = performance.now();
  try {
    for (const [at, number] of chosen.entries()) {
      const segment = await runPoint(session, run, number, { object: at + 1, objects: chosen.length });
      if (segment) segments.push(segment);
    }
    const uniqueLabels = await labelsInUse(session);
    outcome = "completed";
    return { segments, uniqueLabels, maskRevision: session.state.maskRevision };
  } catch (error) {
    if (run.signal.aborted) outcome = "aborted";
    throw error;
  } finally {
    session.run = undefined;
    session.events.push({ type: "run", state: outcome, numbers: [...chosen] });
    const passes = segments.reduce((sum, segment) => sum + segment.passes, 0);
    const seconds = (performance.now() - start) / 1000;
    session.tell({ type: "ran", outcome, objects: segments.length, passes, seconds });
  }
}

function choosePoints({ state }: Session, numbers: readonly number[] | undefined): readonly number[] {
  if (!state.image) throw noImage();
  const marked = state.points.map(({ number }) => number);
  if (marked.length === 0)
    throw new HttpError("no_points", "No point is marked: mark one (POST /api/mark_point) first");
  if (!numbers) return marked;
  const unknown = numbers.filter((number) => !marked.includes(number));
  if (unknown.length > 0) {
    throw new HttpError("point_not_found", `There is no point ${unknown.join(", ")}: marked are ${marked.join(", ")}`);
  }
  for (const number of numbers) {
    const { voxel } = findPoint(state, number)!;
    if (!isMadeFrom(findSegment(state, number), voxel)) refuseLocked(state, number);
  }
  return [...new Set(numbers)].sort((a, b) => a - b);
}

/** One number's turn. Undefined when its point was removed meanwhile. */
async function runPoint(
  session: Session,
  run: RunInProgress,
  number: number,
  progress: { readonly object: number; readonly objects: number },
): Promise<RunSegment | undefined> {
  const caller = { signal: run.begin(number) };
  try {
    return await session.work(async () => {
      const point = findPoint(session.state, number);
      if (!point) return undefined;
      const before = findSegment(session.state, number);
      const locked = isLocked(session.state, number);
      // Locked since the run began, or not asked for by name: left as it is.
      if (locked && !before) return undefined;
      if (before && (locked || isMadeFrom(before, point.voxel))) {
        return { label: number, voxels: before.voxels, unchanged: true, passes: 0, secondsNetwork: 0, secondsTotal: 0 };
      }
      const prompt = { kind: "point", voxel: point.voxel, positive: true } as const;
      const options = { predict: true, autozoom: true, ...caller, progress };
      const made = await session.useImage((opened) =>
        remakeObject(session, opened, number, prompt, prompt, run.id, options),
      );
      const { voxels, passes, secondsNetwork, secondsTotal } = made;
      return { label: number, voxels, unchanged: false, passes, secondsNetwork, secondsTotal };
    }, caller);
  } catch (error) {
    if (run.isSkipped(number) && !run.signal.aborted) return undefined;
    throw error;
  }
}

/** Labels that the merged label map shows: an object wholly under others has none. */
export async function labelsInUse(session: Session): Promise<readonly number[]> {
  const labels = session.state.segments.filter(({ voxels }) => voxels > 0).map(({ label }) => label);
  if (labels.length < 2) return labels;
  const layers = layersOf(session.state).filter((label) => labels.includes(label));
  return session.useImage(async ({ image }) => uniqueLabels(await image.labelMap(layers)));
}

/** Voxels looked at before others get their turn: about two milliseconds. */
const voxelsPerTurn = 1 << 20;

async function uniqueLabels({ data }: LabelMap): Promise<readonly number[]> {
  const seen = new Uint8Array(65536);
  for (let start = 0; start < data.length; start += voxelsPerTurn) {
    const end = Math.min(data.length, start + voxelsPerTurn);
    for (let n = start; n < end; n++) seen[data[n]] = 1;
    await new Promise((resolve) => setImmediate(resolve));
  }
  const labels: number[] = [];
  for (let label = 1; label < seen.length; label++) if (seen[label]) labels.push(label);
  return labels;
}
