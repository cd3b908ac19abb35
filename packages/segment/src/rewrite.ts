import { boxContains, formatBox, shiftBox, type Vec3, wholeBox } from "@septum/volume";
import { swapAxes } from "./engine-space.ts";
import { SegmentError } from "./errors.ts";
import type { History, PromptState } from "./history.ts";
import type { ModelSettings } from "./model.ts";
import { checkPrompt, firstView } from "./prompt-check.ts";
import { appendPrompt, type PromptNode, promptNodes, type Shape } from "./prompt-log.ts";
import type { PromptEdit } from "./segmenter-api.ts";
import type { Step } from "./steps.ts";

/** A prompt to be predicted again: what it was, without its place in a list. */
export type Replayed = Pick<PromptNode, "record" | "shape" | "initial" | "predicted">;

/** How the prompts come about that an edit asks for. */
interface ReplayPlan {
  /** Place of the undo step whose `before` has the prompts that stay as they are; undefined: none do. */
  readonly start?: number;
  /** Prompts to add, oldest first. */
  readonly replay: readonly Replayed[];
}

interface EditedObject {
  /** Of the volume, `[i, j, k]`. */
  readonly size: Vec3;
  readonly settings: ModelSettings;
  /** How a prompt that was not there before is predicted. */
  readonly predicted: PromptNode["predicted"];
}

/**
 * Of what was said before the edited prompt, nothing is predicted again after which the history still knows the mask.
 *
 * Throws `SegmentError` (`PromptInvalid`, and what `checkPrompt` throws).
 */
export function planReplay(edit: PromptEdit, now: PromptState, history: History, object: EditedObject): ReplayPlan {
  const { size, settings } = object;
  if (edit.type === "restart") {
    const { record, shape } = checkPrompt(edit.prompt, size, settings);
    return { replay: [{ record, shape, predicted: object.predicted }] };
  }
  const nodes = promptNodes(now.prompts);
  const edited = nodes[edit.at];
  if (edited === undefined) {
    const many = `${nodes.length} ${nodes.length === 1 ? "prompt" : "prompts"}`;
    throw new SegmentError("PromptInvalid", `Cannot change prompt ${edit.at}: the object has ${many}, counted from 0`);
  }
  const replay = [...replacement(edit, edited, object), ...nodes.slice(edit.at + 1)];
  for (let kept = edit.at; kept > 0; kept--) {
    const start = history.undo.findLastIndex(({ before }) => before.prompts === nodes[kept - 1]);
    if (start >= 0) return { start, replay: [...nodes.slice(kept, edit.at), ...replay] };
  }
  return { replay: [...nodes.slice(0, edit.at), ...replay] };
}

function replacement(
  edit: Exclude<PromptEdit, { type: "restart" }>,
  old: PromptNode,
  object: EditedObject,
): Replayed[] {
  if (edit.type === "remove") return [];
  if (edit.type === "replace") {
    const { record, shape } = checkPrompt(edit.prompt, object.size, object.settings);
    return [{ record, shape, predicted: old.predicted }];
  }
  if (edit.type === "move") return [moved(edit, old, object)];
  if (old.record.kind === "initial") {
    throw new SegmentError("PromptInvalid", `Cannot flip prompt ${edit.at}: it is an initial mask, which has no sign`);
  }
  return [{ ...old, record: { ...old.record, positive: edit.positive } }];
}

function moved(edit: Extract<PromptEdit, { type: "move" }>, old: PromptNode, { size }: EditedObject): Replayed {
  const { record, shape, predicted } = old;
  if (shape === undefined) {
    throw new SegmentError(
      "PromptInvalid",
      `Cannot move prompt ${edit.at}: it is an initial mask, which stays where it is`,
    );
  }
  const box = shiftBox(record.box, edit.offset);
  if (!box.flat().every(Number.isInteger) || !boxContains(wholeBox(size), box)) {
    throw new SegmentError(
      "PromptOutsideVolume",
      `Cannot move prompt ${edit.at} to ${formatBox(box)}: volume size is [${size.join(", ")}]`,
    );
  }
  const by = swapAxes(edit.offset);
  const [a, b, c] = shape.type === "ball" ? shape.centre : [0, 0, 0];
  const there: Shape =
    shape.type === "ball"
      ? { ...shape, centre: [a + by[0], b + by[1], c + by[2]] }
      : { ...shape, box: shiftBox(shape.box, by) };
  return { record: { ...record, box, positive: edit.positive ?? record.positive }, shape: there, predicted };
}

/** The state after one more prompt, before its prediction. */
export function followedBy(last: PromptNode | undefined, next: Replayed, settings: ModelSettings): PromptState {
  const { record, shape, initial, predicted } = next;
  if (shape === undefined) {
    const queued = initial && firstView({ type: "solid", box: initial.box }, settings);
    return { prompts: { record, intensity: 1, initial, predicted }, queued };
  }
  const prompts = { ...appendPrompt(last, record, shape, settings.decay), predicted };
  return { prompts, queued: firstView(shape, settings) };
}

/** The same steps, counted on from `passes`. */
export async function* countedOn<T>(
  call: AsyncGenerator<Step, T, void>,
  passes: number,
  following: number,
): AsyncGenerator<Step, T, void> {
  let next = await call.next();
  try {
    while (!next.done) {
      yield { ...next.value, passes: next.value.passes + passes, following };
      next = await call.next();
    }
    return next.value;
  } finally {
    if (!next.done) await call.return(undefined as T);
  }
}
