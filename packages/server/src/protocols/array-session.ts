import type { PromptSummary } from "@septum/protocol";
import type { Prompt } from "@septum/segment";
import {
  type Box,
  bitBytes,
  boxContains,
  boxVoxels,
  formatBox,
  packBits,
  roundHalfEven,
  uniteBoxes,
  type Vec3,
  wholeBox,
} from "@septum/volume";
import { HttpError } from "../http/http-error.ts";
import { freeLabel } from "../sessions/points.ts";
import { predictObject } from "../sessions/predict.ts";
import { applyPrompt, resetObject } from "../sessions/segments.ts";
import type { Session } from "../sessions/session.ts";
import { findSegment } from "../sessions/state.ts";
import { undoObject } from "../sessions/travel.ts";
import { receiveImage, type Upload, type UploadWorld } from "../sessions/upload.ts";
import { reversed, reversedBox, wholeVoxels } from "./array-space.ts";

export interface PromptCall {
  readonly positive: boolean;
  /** False: only remembered, for a later prediction. */
  readonly predict: boolean;
  readonly signal: AbortSignal;
}

/** One byte per voxel of `box` (array axes), C order; what is not 0 is drawn. */
export interface ArrayMask {
  readonly box: Box;
  readonly data: Uint8Array;
}

/** What one call did. */
export interface ArrayChange {
  /** Whether the network was asked, or a step taken back. */
  readonly ran: boolean;
  /** Array axes. All that is different now, also what others who are in the session changed since the last call. */
  readonly changed?: Box;
}

/** Objects of a session beyond which `reset` empties the object instead of leaving it. */
const mostObjects = 20;

/**
 * An ordinary session as seen by a client that uploads arrays and knows of one object at a time, in array axes (array-space.ts).
 *
 * `reset` is such a client's way to the next object. The one it leaves stays in the session, for the browser and the export;
 * a mask that is handed back later is known again as the object it came from.
 */
export class ArraySession {
  readonly session: Session;
  /** Zoom out while an object reaches the border of the view. */
  autozoom = true;
  /** The object that prompts go to; undefined: the next prompt makes one. */
  #label: number | undefined;
  /** Whether there is a call to take back: one, and only the latest. */
  #undoable = false;
  /** Voxel axes: of an object taken up again by the latest call. */
  #takenUp: Box | undefined;
  /** Voxel axes: changed since the client was last told. */
  #untold: Box | undefined;
  readonly #stopListening: () => void;

  /** Goes on with the object `label`, if one is given. */
  constructor(session: Session, label?: number) {
    this.session = session;
    this.#label = label;
    this.#stopListening = session.events.listen((event) => {
      if (event.type !== "segment" || event.label !== this.#label) return;
      if (event.box) this.#untold = uniteBoxes(this.#untold, event.box);
    });
  }

  /** Lets go of the session, which stays. */
  leave(): void {
    this.#stopListening();
  }

  /** Array axes. Throws `no_image` before the first image. */
  get shape(): Vec3 {
    return reversed(this.#size);
  }

  get hasImage(): boolean {
    return this.session.state.image !== undefined;
  }

  /** The object that prompts go to now, if there is one. */
  get label(): number | undefined {
    return this.#label;
  }

  /** Another image, in place of the earlier one and of all that was made on it. Throws what `receiveImage` does. */
  async receiveImage(upload: Upload, world: UploadWorld): Promise<void> {
    await receiveImage(this.session, upload, world);
    this.#forget();
  }

  /** Fractions are rounded half to even. A point outside adds nothing, but what waits is predicted. */
  async addPoint(at: Vec3, call: PromptCall): Promise<ArrayChange> {
    const [i, j, k] = reversed(at);
    const voxel: Vec3 = [roundHalfEven(i), roundHalfEven(j), roundHalfEven(k)];
    const size = this.#size;
    if (!voxel.every((index, axis) => index >= 0 && index < size[axis])) {
      if (call.predict) await this.predict({ full: false, signal: call.signal });
      return { ran: call.predict, changed: this.#tell() };
    }
    const { positive } = call;
    return this.#apply({ kind: "point", voxel, positive }, { kind: "point", voxel, positive }, call);
  }

  /**
   * May have fractions and reach outside: it is clipped to whole voxels, at least one along each axis. Throws
   * `invalid_prompt` for a box without extent, and the engine's refusal of one that is not flat (§1.7).
   */
  addBox(box: Box, call: PromptCall): Promise<ArrayChange> {
    const { positive } = call;
    const asked = reversedBox(box);
    const extents = asked.map(([from, to]) => to - from);
    if (!extents.every((extent) => extent > 0)) {
      throw new HttpError(
        "invalid_prompt",
        `Box ${formatBox(box)} has no extent along an axis: each range is [from, to)`,
      );
    }
    const whole = wholeVoxels(asked, this.#size);
    // Whether it is flat goes by what was asked: [0.5, 1.5] counts, though it is two voxels when rounded.
    const drawn = extents.includes(1) && whole.some(([from, to]) => to - from === 1) ? whole : asked;
    return this.#apply({ kind: "box", box: drawn, positive }, { kind: "box", box: ranges(whole), positive }, call);
  }

  /** Throws `outside_volume` when the box is not inside the image, `invalid_prompt` when the mask has another size. */
  addDrawing(kind: "scribble" | "lasso", { box, data }: ArrayMask, call: PromptCall): Promise<ArrayChange> {
    const voxels = this.#check(kind, box, data);
    const { positive } = call;
    return this.#apply({ kind, mask: data, box: voxels, positive }, { kind, box: ranges(voxels), positive }, call);
  }

  /**
   * Begins anew with this mask, which may be empty. After `reset`, the object that has exactly this mask is taken up again, and
   * an empty one is nothing new.
   */
  async startFromMask({ box, data }: ArrayMask, call: Omit<PromptCall, "positive">): Promise<ArrayChange> {
    const voxels = this.#check("initial mask", box, data);
    if (this.#label === undefined && data.every((value) => value === 0)) return { ran: call.predict };
    const known = this.#label === undefined ? await this.#objectLike(voxels, data) : undefined;
    if (known !== undefined) this.#forget(known);
    const change = await this.#apply(
      { kind: "initial", mask: data, box: voxels },
      { kind: "mask", positive: true, box: ranges(voxels) },
      { ...call, positive: true },
    );
    if (known !== undefined) this.#takenUp = voxels;
    // The client has put the mask into its own copy itself.
    if (!call.predict) this.#untold = undefined;
    return change;
  }

  /** Predicts from prompts that were added without it. */
  async predict({ full, signal }: { readonly full: boolean; readonly signal: AbortSignal }): Promise<ArrayChange> {
    const label = this.#label;
    if (label === undefined || !findSegment(this.session.state, label)) return { ran: false };
    const { passes } = await predictObject(this.session, label, { autozoom: this.autozoom, full, signal });
    return passes > 0 ? { ran: true, changed: this.#tell() } : { ran: false };
  }

  /** Takes back the latest call, once. */
  async undo(signal: AbortSignal): Promise<ArrayChange> {
    const label = this.#label;
    if (!this.#undoable || label === undefined) return { ran: false };
    try {
      await undoObject(this.session, label, { signal });
    } catch (error) {
      // Somebody else was quicker.
      const gone = error instanceof HttpError && ["nothing_to_undo", "segment_not_found"].includes(error.code);
      if (!gone) throw error;
      return { ran: false };
    } finally {
      this.#undoable = false;
    }
    const takenUp = this.#takenUp;
    if (takenUp === undefined) return { ran: true, changed: this.#tell() };
    // Before that call this client had no object.
    this.#forget();
    return { ran: true, changed: reversedBox(takenUp) };
  }

  /** The next prompt begins another object; what there is stays as it is, unless there are too many. */
  async reset(signal: AbortSignal): Promise<void> {
    const { session } = this;
    const label = this.#label;
    const { segments } = session.state;
    if (label !== undefined && segments.length >= mostObjects && findSegment(session.state, label)) {
      await resetObject(session, label, { signal });
      this.#forget(label);
    } else this.#forget();
  }

  /** The object's mask over `box` (array axes), C order: one bit per voxel, lowest bit first. */
  async maskBits(box: Box): Promise<Uint8Array> {
    const label = this.#label;
    if (label === undefined || !findSegment(this.session.state, label)) return new Uint8Array(bitBytes(boxVoxels(box)));
    return this.session.useImage(async (opened) => (await opened.object(label)).maskBits(reversedBox(box)));
  }

  get #size(): Vec3 {
    const { image } = this.session.state;
    if (!image) throw new HttpError("no_image", "There is no image yet: send one first");
    return image.info.size;
  }

  #check(what: string, box: Box, data: Uint8Array): Box {
    const shape = this.shape;
    if (!boxContains(wholeBox(shape), box)) {
      const size = shape.join(", ");
      throw new HttpError(
        "outside_volume",
        `The ${what}'s box ${formatBox(box)} reaches outside the image's [${size}]`,
      );
    }
    if (data.length !== boxVoxels(box)) {
      throw new HttpError(
        "invalid_prompt",
        `The ${what} has ${data.length} voxels, and its box ${formatBox(box)} has ${boxVoxels(box)}`,
      );
    }
    return reversedBox(box);
  }

  async #apply(prompt: Prompt, summary: PromptSummary, { predict, signal }: PromptCall): Promise<ArrayChange> {
    const before = this.#label;
    const label = before ?? freeLabel(this.session.state);
    this.#label = label;
    try {
      await applyPrompt(this.session, label, prompt, summary, { predict, autozoom: this.autozoom, signal });
    } catch (error) {
      this.#label = before;
      throw error;
    }
    this.#undoable = true;
    this.#takenUp = undefined;
    return { ran: predict, changed: predict ? this.#tell() : undefined };
  }

  /** The object that has exactly this mask, voxel axes. */
  async #objectLike(box: Box, data: Uint8Array): Promise<number | undefined> {
    const voxels = data.reduce((count, value) => count + (value === 0 ? 0 : 1), 0);
    const alike = this.session.state.segments.filter((segment) => voxels > 0 && segment.voxels === voxels);
    if (alike.length === 0) return undefined;
    const wanted = packBits(data);
    return this.session.useImage(async (opened) => {
      for (const { label } of alike) {
        const bits = await (await opened.object(label)).maskBits(box);
        if (Buffer.compare(bits, wanted) === 0) return label;
      }
      return undefined;
    });
  }

  /** What is different since the last time this was asked, array axes. */
  #tell(): Box | undefined {
    const box = this.#untold;
    this.#untold = undefined;
    return box && reversedBox(box);
  }

  #forget(label?: number): void {
    this.#label = label;
    this.#undoable = false;
    this.#takenUp = undefined;
    this.#untold = undefined;
  }
}

/** A box as summaries keep it. */
function ranges(box: Box): [[number, number], [number, number], [number, number]] {
  const [i, j, k] = box;
  return [
    [i[0], i[1]],
    [j[0], j[1]],
    [k[0], k[1]],
  ];
}
