import type { PromptSummary } from "@septum/protocol";
import { roundHalfEven, type Vec3 } from "@septum/volume";
import { checkVoxel } from "../../drawing/bounds.ts";
import { noImage } from "../../http/http-error.ts";
import { applyPrompt, createObject, resetObject } from "../../sessions/segments.ts";
import type { Session } from "../../sessions/session.ts";
import { findSegment, isInUse, nameOf, type SessionState, sameVoxel } from "../../sessions/state.ts";

export interface LabelPoint {
  readonly voxel: Vec3;
  readonly positive: boolean;
}

/**
 * Brings the object called `name` to where all of its points are these, and predicts after each one that is new. Points that
 * are there already stay as they came, whatever their order here; when one of them is missing here, all begins anew.
 *
 * Returns the object's label; undefined when there is neither an object of that name nor a point. Throws `no_image`,
 * `outside_volume`.
 */
export async function bringToPoints(
  session: Session,
  name: string,
  points: readonly LabelPoint[],
  signal: AbortSignal,
): Promise<number | undefined> {
  const { image } = session.state;
  if (!image) throw noImage();
  const wanted = points.map(({ voxel: [i, j, k], positive }): LabelPoint => {
    return { voxel: [roundHalfEven(i), roundHalfEven(j), roundHalfEven(k)], positive };
  });
  for (const { voxel } of wanted) checkVoxel(voxel, image.info.size);
  const known = labelCalled(session.state, name);
  if (known === undefined && wanted.length === 0) return undefined;
  const label = known ?? (await createObject(session, newObject(session.state, name), { signal }));
  let added = missing(wanted, findSegment(session.state, label)?.prompts ?? []);
  if (!added) {
    await resetObject(session, label, { signal });
    added = wanted;
  }
  for (const point of added) {
    const { voxel, positive } = point;
    const summary: PromptSummary = { kind: "point", voxel: [voxel[0], voxel[1], voxel[2]], positive };
    await applyPrompt(session, label, { kind: "point", ...point }, summary, { predict: true, autozoom: true, signal });
  }
  return label;
}

/** Points that are not among the prompts yet; undefined when a prompt is a point that is none of them. */
function missing(points: readonly LabelPoint[], prompts: readonly PromptSummary[]): readonly LabelPoint[] | undefined {
  const left = [...points];
  for (const { kind, voxel, positive } of prompts) {
    if (kind !== "point" || voxel === undefined) continue;
    const at = left.findIndex((point) => point.positive === positive && sameVoxel(point.voxel, voxel));
    if (at < 0) return undefined;
    left.splice(at, 1);
  }
  return left;
}

/** The object that is called so. */
export function labelCalled(state: SessionState, name: string): number | undefined {
  return state.segments.find(({ label }) => nameOf(state, label) === name)?.label;
}

/** "Label 3" gets number 3 where that is free. */
function newObject(state: SessionState, name: string): { label?: number; name?: string } {
  const label = Number(/^Label ([1-9]\d{0,4})$/.exec(name)?.[1]);
  return label <= 65_535 && !isInUse(state, label) ? { label } : { name };
}
