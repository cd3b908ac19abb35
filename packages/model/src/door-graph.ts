import type { ModelSettings } from "@septum/segment";
import type { Vec3 } from "@septum/volume";
import { givenChannels, writeLikeness } from "./likeness-graph.ts";
import type { Network } from "./network.ts";
import { OnnxGraph } from "./onnx-graph.ts";
import { writeUNet } from "./unet-graph.ts";

/** Spatial sizes are free, so that a small patch can try a device before the first large one. */
const SIZE = ["p0", "p1", "p2"];

const FLOAT = 1;
const UINT8 = 2;

/**
 * The graph a device runs: a `Patch` in compact form in, one byte per voxel out, so that the float channels are
 * made next to the network and never cross from JavaScript (DESIGN §4).
 *
 * Inputs: image float32[p0, p1, p2]; mean, std float32[1]; previous float16[p0, p1, p2]; promptIndex int32[n];
 * promptValue float32[n]. Outputs: mask uint8[p0, p1, p2]; logits float32[1, 2, p0, p1, p2], free unless asked for.
 */
export function doorGraph(
  network: Network,
  {
    interactionChannels,
    channels,
    patchSize,
    likeness,
  }: Pick<ModelSettings, "interactionChannels" | "channels" | "patchSize" | "likeness">,
): OnnxGraph {
  const graph = new OnnxGraph();
  const raw = graph.input("image", "float32", SIZE);
  const size = graph.node("Shape", [raw]);
  const voxels = graph.node("ReduceProd", [size], { keepdims: 1 });
  const asChannels = (value: string, n: number) =>
    graph.node("Reshape", [value, graph.node("Concat", [graph.integers([1, n]), size], { axis: 0 })]);

  // Two nodes, so that each step is rounded to float32 as in the reference.
  const centred = graph.node("Sub", [raw, graph.input("mean", "float32", [1])]);
  const image = asChannels(graph.node("Div", [centred, graph.input("std", "float32", [1])]), 1);

  const count = givenChannels({ interactionChannels, likeness });
  // Padding puts the previous mask at its place among zeros; the prompts are then scattered over them.
  const previous = graph.node("Cast", [graph.input("previous", "float16", SIZE)], { to: FLOAT });
  const flat = graph.node("Reshape", [previous, graph.integers([-1])]);
  const around = graph.integers([channels.previous, count - 1 - channels.previous]);
  const padded = graph.node("Pad", [flat, graph.node("Mul", [around, voxels])]);
  const index = graph.input("promptIndex", "int32", ["prompts"]);
  const value = graph.input("promptValue", "float32", ["prompts"]);
  const interactions = asChannels(graph.node("ScatterElements", [padded, index, value], { axis: 0 }), count);

  const told = likeness ? [writeLikeness(graph, image, interactions, channels)] : [];
  const input = graph.node("Concat", [image, interactions, ...told], { axis: 1 });
  const logits = writeUNet(graph, network, input, 1 + interactionChannels, patchSize);

  // A tie is background, as in ArgMax.
  const [background, object] = graph.nodes("Split", [logits], { axis: 1 }, 2);
  const mask = graph.node("Cast", [graph.node("Greater", [object, background])], { to: UINT8 });
  graph.output("mask", graph.node("Reshape", [mask, size]), "uint8", SIZE);
  graph.output("logits", logits, "float32", [1, 2, ...SIZE]);
  return graph;
}

/** The network alone: `input` float32[1, channels, p0, p1, p2] to `logits` float32[1, 2, p0, p1, p2]. */
export function bareGraph(network: Network, channels: number, patchSize: Vec3): OnnxGraph {
  const graph = new OnnxGraph();
  const logits = writeUNet(
    graph,
    network,
    graph.input("input", "float32", [1, channels, ...SIZE]),
    channels,
    patchSize,
  );
  graph.output("logits", logits, "float32", [1, 2, ...SIZE]);
  return graph;
}
