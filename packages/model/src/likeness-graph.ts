import type { ModelSettings } from "@septum/segment";
import { CELL, writeAround, writeMiddles } from "./around-graph.ts";
import type { OnnxGraph, Value } from "./onnx-graph.ts";
import { averaged, enlarged, largest, widened } from "./pool-graph.ts";
import { writeWays } from "./ways-graph.ts";

/** Channels that `writeLikeness` makes. */
export const LIKENESS_CHANNELS = 7;

/** How many of the interaction channels are not made by `writeLikeness`: the previous mask and the prompts. */
export function givenChannels({
  interactionChannels,
  likeness,
}: Pick<ModelSettings, "interactionChannels" | "likeness">): number {
  return interactionChannels - (likeness ? LIKENESS_CHANNELS : 0);
}

/** Smallest spread of intensities that is told from none, in standard deviations of the image. */
const FINEST = 0.01;

/** A way that has to bear a difference of `d` spreads connects by `exp(-FALL * d)`. */
const FALL = 0.25;

/** What a step of half the resolution adds to a way's length, and every spread of difference beside it. */
const STEP = 0.03;
const TOLL = 0.04;

/** A difference of `d` spreads is shown as `tanh(BEND * d)`. */
const BEND = 0.2;

const FLOAT = 1;

/** What the prompts of one sign say; float32[1, 1, …] at the patch's resolution unless said otherwise. */
interface Side {
  /** float32[1, 1, 1, 1, 1]: 1, or 0 without prompts of the sign. */
  readonly present: Value;
  /** bool at half the resolution: the middles of its prompts. */
  readonly seeds: Value;
  /** Difference to the intensity at the prompts, with its sign. */
  readonly difference: Value;
  /** Spread of intensities around the prompts. */
  readonly unit: Value;
  /** The difference without its sign, in spreads, at half the resolution. */
  readonly bar: Value;
}

/**
 * Writes channels that tell the network what a small one does not find by itself:
 *
 * - the difference to the intensity at the positive prompts, and that at the negative ones, nearer prompts counting more;
 * - the same two in spreads, bent to between -1 and 1: a spread is the standard deviation of intensities around a prompt, so that
 *   tissues are told apart in CT, whose range is many times as wide as what parts them, and in MR alike;
 * - how well a voxel is connected to the positive prompts, by the largest difference on the way in spreads, from 0 to 1;
 * - how near it is to the positive and to the negative prompts, by the sum of the differences on the way, from 0 to 1.
 *
 * Where the way to a voxel's neighbourhood has to bear more than its difference to the positive prompts, that stands there instead (as
 * if darker), so that it is small in one body alone. An intensity is the mean of the image, itself averaged over 3×3 voxels of a
 * slice, at a prompt's middle. Zeros without prompts of the sign.
 *
 * Such a network has no normalisation, which would take a constant difference away again. `training/likeness.py` is the same in PyTorch.
 *
 * @param image float32[1, 1, p0, p1, p2], normalised; sizes are multiples of `CELL`
 * @param interactions float32[1, n, p0, p1, p2]
 * @returns float32[1, 7, p0, p1, p2]
 */
export function writeLikeness(
  graph: OnnxGraph,
  image: Value,
  interactions: Value,
  { previous: _, ...pairs }: ModelSettings["channels"],
): Value {
  const plane = { kernel_shape: [1, 3, 3], strides: [1, 1, 1], pads: [0, 1, 1, 0, 1, 1] };
  const smooth = graph.node("AveragePool", [image], plane);
  const half = averaged(graph, image, 2);
  const variance = enlarged(graph, writeVariance(graph, half), 2);

  const ask = (sign: 0 | 1): Side => {
    const channels = [...new Set(Object.values(pairs).map((pair) => pair[sign]))].sort((a, b) => a - b);
    const prompts = graph.node("Gather", [interactions, graph.integers(channels)], { axis: 1 });
    const middle = writeMiddles(graph, graph.node("ReduceMax", [prompts], { axes: [1], keepdims: 1 }));
    const strongest = graph.node("ReduceMax", [middle], { keepdims: 1 });
    const intensity = writeAround(graph, smooth, middle);
    const atLeast = graph.node("Max", [writeAround(graph, variance, middle), graph.filled(FINEST ** 2, 1)]);
    const unit = graph.node("Sqrt", [atLeast]);
    const atHalf = graph.node("Sub", [half, enlarged(graph, intensity, CELL / 2)]);
    return {
      present: graph.node("Cast", [graph.node("Greater", [strongest, graph.filled(0, 1)])], { to: FLOAT }),
      seeds: graph.node("Greater", [largest(graph, middle, 2), graph.filled(0, 1)]),
      difference: graph.node("Sub", [image, enlarged(graph, intensity, CELL)]),
      unit: enlarged(graph, unit, CELL),
      bar: graph.node("Div", [graph.node("Abs", [atHalf]), enlarged(graph, unit, CELL / 2)]),
    };
  };

  const [positive, negative] = [ask(0), ask(1)];
  const free = graph.node("Mul", [positive.bar, graph.filled(0, 1)]);
  const cost = ({ bar }: Side) =>
    graph.node("Add", [graph.node("Mul", [bar, graph.filled(TOLL, 1)]), graph.filled(STEP, 1)]);
  const reached = writeWays(graph, [
    { seeds: positive.seeds, bar: graph.node("Neg", [positive.bar]), cost: free },
    { seeds: positive.seeds, bar: free, cost: cost(positive) },
    { seeds: negative.seeds, bar: free, cost: cost(negative) },
  ]);
  const [connection] = graph.nodes("Split", [reached, graph.integers([1, 2])], { axis: 1 }, 2);
  const borne = graph.node("Mul", [enlarged(graph, widened(graph, connection), 2), positive.unit]);
  const apart = graph.node("Less", [graph.node("Abs", [positive.difference]), graph.node("Neg", [borne])]);
  const difference = graph.node("Where", [apart, borne, positive.difference]);

  const inSpreads = (value: Value, { unit }: Side) =>
    graph.node("Tanh", [graph.node("Mul", [graph.node("Div", [value, unit]), graph.filled(BEND, 1)])]);
  const ifPresent = (value: Value, { present }: Side) => graph.node("Mul", [value, present]);
  const fall = graph.floats([FALL, 1, 1], [1, 3, 1, 1, 1]);
  const shares = graph.node("Exp", [graph.node("Mul", [reached, fall])]);
  const there = graph.node("Concat", [positive.present, positive.present, negative.present], { axis: 1 });
  const channels = [
    ifPresent(difference, positive),
    ifPresent(negative.difference, negative),
    ifPresent(inSpreads(difference, positive), positive),
    ifPresent(inSpreads(negative.difference, negative), negative),
    enlarged(graph, graph.node("Mul", [shares, there]), 2, 3),
  ];
  return graph.node("Concat", channels, { axis: 1 });
}

/**
 * Variance of the image at half the resolution over 3×3×3 of its voxels: its noise and texture, whatever the modality. The smallest of
 * such cubes around a voxel, so that a border nearby does not count.
 */
function writeVariance(graph: OnnxGraph, half: Value): Value {
  const cube = { kernel_shape: [3, 3, 3], strides: [1, 1, 1], pads: [1, 1, 1, 1, 1, 1] };
  const square = (value: Value) => graph.node("Mul", [value, value]);
  const squares = graph.node("AveragePool", [square(half)], cube);
  const mean = graph.node("AveragePool", [half], cube);
  const variance = graph.node("Relu", [graph.node("Sub", [squares, square(mean)])]);
  const smallest = graph.node("Neg", [widened(graph, graph.node("Neg", [variance]))]);
  return graph.node("Add", [smallest, graph.filled(FINEST ** 2, 1)]);
}
