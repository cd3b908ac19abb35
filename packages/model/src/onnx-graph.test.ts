import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { OnnxGraph } from "./onnx-graph.ts";

describe("OnnxGraph", () => {
  it("writes a file the runtime reads, with attributes, integers and free sizes", async () => {
    const graph = new OnnxGraph();
    const x = graph.input("x", "float32", ["n"]);
    const padded = graph.node("Pad", [x, graph.integers([1, 2])]);
    graph.output("y", graph.node("LeakyRelu", [padded], { alpha: { float: 0.5 } }), "float32", ["m"]);
    const session = await InferenceSession.create(graph.encode("none", new Map()));
    const { y } = await session.run({ x: new Tensor("float32", [-1, 2], [2]) });
    expect([...(y.data as Float32Array)]).toEqual([0, -0.5, 2, 0, 0]);
  });

  it("normalises with each step rounded to float32, as the reference does", async () => {
    const graph = new OnnxGraph();
    const [x, mean, std] = [["n"], [1], [1]].map((dims, i) => graph.input(["x", "mean", "std"][i], "float32", dims));
    graph.output("y", graph.node("Div", [graph.node("Sub", [x, mean]), std]), "float32", ["n"]);
    const session = await InferenceSession.create(graph.encode("none", new Map()));
    const values = Float32Array.from({ length: 10_007 }, (_, i) => Math.sin(i) * 10 ** (i % 9));
    const scalars = { mean: Math.fround(13.114_846), std: Math.fround(22.078_468) };
    const { y } = await session.run({
      x: new Tensor("float32", values, [values.length]),
      mean: new Tensor("float32", [scalars.mean], [1]),
      std: new Tensor("float32", [scalars.std], [1]),
    });
    expect(y.data).toEqual(values.map((value) => Math.fround(Math.fround(value - scalars.mean) / scalars.std)));
  });

  it("refuses to write a weight that has no place in the weights file", () => {
    const graph = new OnnxGraph();
    graph.weight("a.weight", [2]);
    expect(() => graph.encode("weights.bin", new Map())).toThrow("Weight a.weight has no place in weights.bin");
  });
});
