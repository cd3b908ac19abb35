import { type Box, clipBox, packBits, shiftBox, spacing, uniteBoxes } from "@septum/volume";
import { borderChanged } from "./border.ts";
import { changeMap } from "./change-map.ts";
import { coarseRows } from "./coarse-mask.ts";
import { type Cover, cover } from "./cover.ts";
import { swapAxes, swapBoxAxes } from "./engine-space.ts";
import { type HeededPoint, heeded } from "./heed.ts";
import { bitRows, collectBits, type MaskRows } from "./mask-rows.ts";
import type { Model, Patch } from "./model.ts";
import { refinementPatch, type Scene, viewPatch } from "./patch.ts";
import { previewOf } from "./preview.ts";
import { nearestMask } from "./previous-mask.ts";
import type { RandomIndex } from "./random.ts";
import { type Reach, withinReach } from "./reach.ts";
import type { CoarseStep, Preview, QueuedView, RefineStep, Step } from "./steps.ts";
import { firstViewOf, largestZoom, patchBox, type View, viewAt, zoomOut } from "./view.ts";

/** What one prediction works on. Nothing in it is changed. */
export interface PredictionRequest {
  readonly scene: Scene;
  readonly start: QueuedView;
  readonly model: Model;
  readonly autozoom: boolean;
  /** What may change. Absent: all that is looked at. */
  readonly reach?: Reach;
  /** The newest prompt, where it is a point that is heeded. */
  readonly point?: HeededPoint;
  /** Box of the previous mask, engine axes, when all of it is to be refined as well. */
  readonly refineAll?: Box;
  readonly random: RandomIndex;
  readonly signal?: AbortSignal;
  readonly now: () => number;
  /** Awaited between pieces of work of some milliseconds. */
  readonly pause: () => Promise<void>;
}

/** What a prediction found; boxes in engine axes. */
export interface Prediction {
  /** Masks at full resolution, one per patch, to be written one after the other where they lie in the volume. */
  readonly masks: readonly MaskRows[];
  /** Hull of what is written; may reach outside the volume. */
  readonly changed: Box;
  readonly views: readonly View[];
  /** Boxes that were looked at again, in order. Empty when the first look was enough. */
  readonly boxes: readonly Box[];
  readonly randomLeftover: number;
  readonly passes: number;
  readonly secondsNetwork: number;
}

/**
 * The prediction loop (spec §6): look, zoom out while the object reaches the border, and refine at full resolution what
 * the zoomed-out look changed. A model may ask to see so many millimetres at first, for a second look where there was no
 * need to zoom out, that a mask made by a person is changed near the prompt only, and that a point is heeded where it is;
 * none is in the spec. Yields after every network pass.
 */
export async function* predictMask(request: PredictionRequest): AsyncGenerator<Step, Prediction, void> {
  const network = timedNetwork(request);
  const { view, views, prediction } = yield* lookUntilInside(request, network);
  if (view.zoom === 1) {
    const mask = bitRows(packBits(prediction), view.box);
    const found = { changed: view.box, views, randomLeftover: 0 };
    if (!request.scene.settings.secondLook) {
      return { ...found, masks: kept(request, [mask]), boxes: [], ...network.spent() };
    }
    // Nothing is outside the volume in what the network is shown, as nothing is when it is asked for the first time.
    const first = { ...mask, box: clipBox(view.box, request.scene.size) };
    const masks = yield* refine(request, network, first, [view.box]);
    return { ...found, masks, boxes: [view.box], ...network.spent() };
  }
  const coarse = coarseRows(prediction, view, request.scene.size);
  const { boxes, random } = await planRefinement(request, view, coarse);
  const masks = yield* refine(request, network, coarse, boxes);
  const changed = boxes.reduce((hull, box) => uniteBoxes(hull, box)!);
  return { masks, changed, views, boxes, randomLeftover: random, ...network.spent() };
}

/** Coarse passes (spec §6.4). The last one counts; the others only showed that the view was too narrow. */
async function* lookUntilInside(request: PredictionRequest, network: Network) {
  const { scene, start, autozoom } = request;
  const views: View[] = [];
  let view: View | undefined = firstLook(scene, start);
  for (;;) {
    views.push(view);
    const prediction = await network.run(viewPatch(scene, view), "coarse");
    const changed = borderChanged(
      prediction,
      nearestMask(scene.previous, view, scene.size),
      view.patchSize,
      scene.settings.borderChange,
    );
    yield coarseStep(prediction, view, request, network.spent().passes);
    const wider: View | undefined = changed && autozoom ? zoomOut(view) : undefined;
    if (wider === undefined) return { view, views, prediction };
    view = wider;
  }
}

function firstLook({ image, size, settings }: Scene, start: QueuedView): View {
  const { firstView = 0, patchSize } = settings;
  if (firstView === 0) return viewAt(start.centre, Math.min(largestZoom, start.zoom), patchSize);
  return firstViewOf(firstView, start, patchSize, size, swapAxes(spacing(image.volume.affine)));
}

/** Where to look closely (spec §6.6). */
async function planRefinement(request: PredictionRequest, view: View, coarse: MaskRows): Promise<Cover> {
  const { scene, refineAll, random, pause } = request;
  const { patchSize, coverMargin } = scene.settings;
  await pause();
  const changes = changeMap(coarse, scene.previous, refineAll);
  await pause();
  const planned = changes && cover(changes.grid, { patchSize, margin: coverMargin }, random);
  await pause();
  if (changes === undefined || planned === undefined || planned.boxes.length === 0) {
    return { boxes: [patchBox(view.centre, patchSize)], random: 0 };
  }
  const [[a], [b], [c]] = changes.box;
  return { boxes: planned.boxes.map((box) => shiftBox(box, [a, b, c])), random: planned.random };
}

/**
 * Refinement passes (spec §6.8, P26). Each sees the mask as it was, over it the coarse one where that looked, and over that
 * what earlier passes found, also outside the volume.
 */
async function* refine(request: PredictionRequest, network: Network, coarse: MaskRows, boxes: readonly Box[]) {
  const { scene } = request;
  const found: MaskRows[] = [];
  for (const [index, box] of boxes.entries()) {
    const patch = refinementPatch(scene, box, [scene.previous, coarse, ...found]);
    const mask = bitRows(packBits(await network.run(patch, "refine")), box);
    found.push(mask);
    const step = refineStep(mask, scene, index, boxes.length, network.spent().passes);
    // Only what was refined is written in the end: the coarse mask has served by then.
    const layers = index === boxes.length - 1 ? [...found] : [coarse, ...found];
    const looked = found.reduce((hull, { box }) => uniteBoxes(hull, box)!, coarse.box);
    yield { ...step, preview: keptPreview(request, () => layers, clipBox(looked, scene.size)) };
  }
  return kept(request, found);
}

/** What becomes of the mask: what was found, as far as the prompt reaches, and what the prompt says. */
function kept({ reach, point, scene }: PredictionRequest, found: readonly MaskRows[]): readonly MaskRows[] {
  const { previous, size } = scene;
  const layers = reach === undefined ? found : found.map((rows) => withinReach(rows, previous, reach, size));
  return point === undefined ? layers : heeded(layers, previous, point, size);
}

/** The object as it would be if it ended with these layers; worked out when asked for. */
function keptPreview(request: PredictionRequest, layers: () => readonly MaskRows[], box: Box): Preview {
  const bits = () => previewOf([request.scene.previous, ...kept(request, layers())], box).bits();
  return { box: swapBoxAxes(box), bits };
}

interface Network {
  run(patch: Patch, pass: "coarse" | "refine"): Promise<Uint8Array>;
  spent(): { passes: number; secondsNetwork: number };
}

function timedNetwork({ model, signal, now }: PredictionRequest): Network {
  let passes = 0;
  let milliseconds = 0;
  return {
    run: async (patch, pass) => {
      signal?.throwIfAborted();
      const voxels = patch.size[0] * patch.size[1] * patch.size[2];
      const start = now();
      const mask = await model.predict(patch, { signal, pass });
      milliseconds += now() - start;
      passes++;
      signal?.throwIfAborted();
      if (mask.length !== voxels) {
        throw new RangeError(`The model answered ${mask.length} voxels for a patch of ${voxels}`);
      }
      return mask;
    },
    spent: () => ({ passes, secondsNetwork: milliseconds / 1000 }),
  };
}

function coarseStep(prediction: Uint8Array, view: View, request: PredictionRequest, passes: number): CoarseStep {
  const { scene } = request;
  const box = clipBox(view.box, scene.size);
  const rows = () =>
    view.unscaled ? bitRows(packBits(prediction), view.box) : coarseRows(prediction, view, scene.size);
  const bits = () => collectBits(rows(), box);
  return {
    type: "coarse",
    zoom: view.zoom,
    passes,
    box: swapBoxAxes(box),
    preview: keptPreview(request, () => [rows()], box),
    bits,
  };
}

function refineStep(
  mask: MaskRows,
  scene: Scene,
  index: number,
  count: number,
  passes: number,
): Omit<RefineStep, "preview"> {
  const box = clipBox(mask.box, scene.size);
  return { type: "refine", index, count, passes, box: swapBoxAxes(box), bits: () => collectBits(mask, box) };
}
