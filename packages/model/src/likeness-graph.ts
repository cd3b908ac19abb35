import type { ModelSettings } from "@septum/segment";
import type { OnnxGraph, Value } from "./onnx-graph.ts";

/** Channels that `writeLikeness` makes. */
export const LIKENESS_CHANNELS = 3;

/** Of the largest value: between the newest prompt and the one before it, which has faded to 0.98. */
const NEWEST = 0.985;

/** Longest path along which a connection is looked for, in voxels of half the resolution. */
const STEPS = 32;

/** A path that has to bear a difference `d` (standard deviations of the image) connects by `exp(-FALL * d)`. */
const FALL = 3;

const FAR = 10;

/** Far below the weight of any prompt, so that dividing by it changes nothing but the case without prompts. */
const NEXT_TO_NOTHING = 1e-30;

const FLOAT = 1;

/**
 * Writes channels that tell the network what a small one does not find by itself: at every voxel, the difference of its intensity to
 * that at the newest positive prompt, the same for the newest negative one, and how well it is connected to the former, from 0 to 1.
 * Where the way to a voxel's neighbourhood has to bear more than the first difference, that stands there instead (as if darker), so
 * that it is small in one body alone.
 * An intensity at a prompt is the mean of the image, itself averaged over 3×3 voxels of a slice, where the prompt has its peak. Zero
 * without prompts of the sign.
 *
 * Such a network has no normalisation, which would take a constant difference away again. `training/likeness.py` is the same in PyTorch.
 *
 * @param image float32[1, 1, p0, p1, p2], normalised; even sizes
 * @param interactions float32[1, n, p0, p1, p2]
 * @returns float32[1, 3, p0, p1, p2]
 */
export function writeLikeness(
  graph: OnnxGraph,
  image: Value,
  interactions: Value,
  { previous: _, ...pairs }: ModelSettings["channels"],
): Value {
  const overAll = { keepdims: 1 };
  const plane = { kernel_shape: [1, 3, 3], strides: [1, 1, 1], pads: [0, 1, 1, 0, 1, 1] };
  const smooth = graph.node("AveragePool", [image], plane);
  const ask = (side: 0 | 1) => {
    const channels = [...new Set(Object.values(pairs).map((pair) => pair[side]))].sort((a, b) => a - b);
    const prompts = graph.node("Gather", [interactions, graph.integers(channels)], { axis: 1 });
    const value = graph.node("ReduceMax", [prompts], { axes: [1], keepdims: 1 });
    const older = graph.node("Mul", [graph.node("ReduceMax", [value], overAll), graph.filled(NEWEST, 1)]);
    const weight = graph.node("Relu", [graph.node("Sub", [value, older])]);
    const total = graph.node("ReduceSum", [weight], overAll);
    const sum = graph.node("ReduceSum", [graph.node("Mul", [smooth, weight])], overAll);
    const intensity = graph.node("Div", [sum, graph.node("Max", [total, graph.filled(NEXT_TO_NOTHING, 1)])]);
    const present = graph.node("Cast", [graph.node("Greater", [total, graph.filled(0, 1)])], { to: FLOAT });
    const difference = graph.node("Mul", [graph.node("Sub", [image, intensity]), present]);
    return { weight, intensity, present, difference };
  };
  const positive = ask(0);
  const reached = writeReach(graph, image, positive);
  const connected = graph.node("Exp", [graph.node("Mul", [doubled(graph, reached), graph.filled(FALL, 1)])]);
  const borne = doubled(graph, widened(graph, reached));
  const apart = graph.node("Less", [graph.node("Abs", [positive.difference]), graph.node("Neg", [borne])]);
  const difference = graph.node("Where", [apart, borne, positive.difference]);
  const ifPresent = (value: Value) => graph.node("Mul", [value, positive.present]);
  return graph.node("Concat", [ifPresent(difference), ask(1).difference, ifPresent(connected)], { axis: 1 });
}

/**
 * Fuzzy connectedness (Udupa and Samarasekera 1996) at half the resolution: of all paths from the prompt, the best one's largest
 * difference to the prompt's intensity, from -`FAR` to 0.
 */
function writeReach(
  graph: OnnxGraph,
  image: Value,
  { weight, intensity }: { readonly weight: Value; readonly intensity: Value },
): Value {
  const difference = graph.node("Sub", [graph.node("AveragePool", [image], HALVES), intensity]);
  const bar = graph.node("Neg", [graph.node("Abs", [difference])]);
  const seeds = graph.node("Greater", [graph.node("MaxPool", [weight], HALVES), graph.filled(0, 1)]);
  let reached = graph.node("Where", [seeds, graph.filled(0, 1), graph.filled(-FAR, 1)]);
  for (let step = 0; step < STEPS; step++) reached = graph.node("Min", [bar, widened(graph, reached)]);
  return reached;
}

/** The maximum over 3×3×3 voxels, axis after axis: far less work than the 27 at once. */
function widened(graph: OnnxGraph, volume: Value): Value {
  return [0, 1, 2].reduce((wide, axis) => {
    const pads = [0, 1, 2].map((k) => (k === axis ? 1 : 0));
    const kernel = pads.map((pad) => 1 + 2 * pad);
    return graph.node("MaxPool", [wide], { kernel_shape: kernel, strides: [1, 1, 1], pads: [...pads, ...pads] });
  }, volume);
}

/** Every voxel as a cube of eight. */
function doubled(graph: OnnxGraph, volume: Value): Value {
  const cube = graph.node("Reshape", [graph.filled(1, 8), graph.integers([1, 1, 2, 2, 2])]);
  return graph.node("ConvTranspose", [volume, cube], HALVES);
}

const HALVES = { kernel_shape: [2, 2, 2], strides: [2, 2, 2] };
