import type { OnnxGraph, Value } from "./onnx-graph.ts";
import { widened } from "./pool-graph.ts";

/** Longest way that is looked for, in voxels. */
const STEPS = 32;

const FAR = 30;

/** Ways that begin at `seeds`, bool[1, 1, q0, q1, q2]. */
export interface Ways {
  readonly seeds: Value;
  /** A way is never better than this; with bars alone it tells fuzzy connectedness (Udupa and Samarasekera 1996). */
  readonly bar: Value;
  /** A way loses this with every step; with costs alone it tells a geodesic distance. */
  readonly cost: Value;
}

/**
 * What the best way from the seeds to every voxel bears, from 0 down to -`FAR`, in one channel for each of `kinds`, which are looked
 * for together.
 *
 * @returns float32[1, kinds, q0, q1, q2]
 */
export function writeWays(graph: OnnxGraph, kinds: readonly Ways[]): Value {
  const together = (key: keyof Ways) =>
    graph.node(
      "Concat",
      kinds.map((kind) => kind[key]),
      { axis: 1 },
    );
  const [seeds, bars, costs] = [together("seeds"), together("bar"), together("cost")];
  let reached = graph.node("Where", [seeds, graph.filled(0, 1), graph.filled(-FAR, 1)]);
  for (let step = 0; step < STEPS; step++) {
    const further = graph.node("Sub", [widened(graph, reached), costs]);
    reached = graph.node("Max", [reached, graph.node("Min", [further, bars])]);
  }
  return reached;
}
