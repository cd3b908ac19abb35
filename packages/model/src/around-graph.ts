import type { OnnxGraph, Value } from "./onnx-graph.ts";
import { averaged, largest, widened } from "./pool-graph.ts";

/** Edge, in voxels, of the cells in which intensities at prompts are carried to where no prompt is; edges of a patch are multiples of it. */
export const CELL = 4;

/** A prompt's middle is where its channel is above this and nothing next to it is stronger. */
const WEAKEST = 0.3;

/** Prompts fade to 0.98 with every later one. To this power it is 0.72: what the intensity at a prompt weighs. */
const AGE = 16;

/** Of the Gaussian, in cells, by which a place heeds prompts near it more than others. */
const SIGMA = 3;
const TAPS = 25;

/** What a prompt weighs however far it is. */
const ANYWHERE = 1e-6;

/** Below the weight of any prompt, so that dividing by it changes nothing but the case without prompts. */
const NEXT_TO_NOTHING = 1e-30;

const FLOAT = 1;

/** The strength of every prompt at its middle, zero elsewhere. */
export function writeMiddles(graph: OnnxGraph, prompts: Value): Value {
  const peaks = graph.node("GreaterOrEqual", [prompts, widened(graph, prompts)]);
  const strong = graph.node("Greater", [prompts, graph.filled(WEAKEST, 1)]);
  return graph.node("Mul", [prompts, graph.node("Cast", [graph.node("And", [peaks, strong])], { to: FLOAT })]);
}

/** In cells: what `values` are at the prompts, near ones counting most. A cell weighs as its strongest prompt. */
export function writeAround(graph: OnnxGraph, values: Value, middle: Value): Value {
  const over = (sum: Value, mass: Value) =>
    graph.node("Div", [sum, graph.node("Max", [mass, graph.filled(NEXT_TO_NOTHING, 1)])]);
  const mass = averaged(graph, middle, CELL);
  const mean = over(averaged(graph, graph.node("Mul", [middle, values]), CELL), mass);
  const weight = graph.node("Pow", [largest(graph, middle, CELL), graph.filled(AGE, 1)]);
  return over(carried(graph, graph.node("Mul", [weight, mean])), carried(graph, weight));
}

/** A Gaussian over cells, and a trace of the whole. */
function carried(graph: OnnxGraph, volume: Value): Value {
  const middle = (TAPS - 1) / 2;
  const taps = Array.from({ length: TAPS }, (_, n) => Math.exp(-((n - middle) ** 2) / (2 * SIGMA ** 2)));
  const near = [0, 1, 2].reduce((value, axis) => {
    const along = (length: number, other: number) => [0, 1, 2].map((k) => (k === axis ? length : other));
    const kernel = along(TAPS, 1);
    const pads = along(middle, 0);
    const attributes = { kernel_shape: kernel, strides: [1, 1, 1], pads: [...pads, ...pads] };
    return graph.node("Conv", [value, graph.floats(taps, [1, 1, ...kernel])], attributes);
  }, volume);
  const total = graph.node("ReduceSum", [volume], { keepdims: 1 });
  return graph.node("Add", [near, graph.node("Mul", [total, graph.filled(ANYWHERE, 1)])]);
}
