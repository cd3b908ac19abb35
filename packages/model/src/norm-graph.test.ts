import type { Vec3 } from "@septum/volume";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { needsStages, writeInstanceNorm } from "./norm-graph.ts";
import { OnnxGraph } from "./onnx-graph.ts";

const EPSILON = 1e-3;

async function normalise(values: Float32Array, size: Vec3, channels: number, stages: boolean): Promise<Float32Array> {
  const graph = new OnnxGraph();
  const x = graph.input("x", "float32", [1, channels, "p0", "p1", "p2"]);
  const [scale, shift] = [graph.input("scale", "float32", [channels]), graph.input("shift", "float32", [channels])];
  const y = writeInstanceNorm(graph, x, { channels, scale, shift, epsilon: EPSILON, stages });
  graph.output("y", y, "float32", [1, channels, "p0", "p1", "p2"]);
  // The one weight the graph may bring along are zeros, of which nothing is read.
  const place = new Map([...graph.weights.keys()].map((value) => [value, { offset: 0, length: 4 * channels }]));
  const zeros = { path: "zeros", data: new Uint8Array(4 * channels) };
  const session = await InferenceSession.create(graph.encode("zeros", place), { externalData: [zeros] });
  const out = await session.run({
    x: new Tensor("float32", values, [1, channels, ...size]),
    scale: new Tensor(
      "float32",
      Array.from({ length: channels }, (_, c) => c + 1),
      [channels],
    ),
    shift: new Tensor(
      "float32",
      Array.from({ length: channels }, (_, c) => -c),
      [channels],
    ),
  });
  return out.y.data as Float32Array;
}

/** The same in double precision. */
function reference(values: Float32Array, channels: number): number[] {
  const voxels = values.length / channels;
  const out: number[] = [];
  for (let c = 0; c < channels; c++) {
    const channel = Float64Array.from(values.subarray(c * voxels, (c + 1) * voxels));
    const mean = channel.reduce((sum, value) => sum + value, 0) / voxels;
    const variance = channel.reduce((sum, value) => sum + (value - mean) ** 2, 0) / voxels;
    for (const value of channel) out.push(((value - mean) / Math.sqrt(variance + EPSILON)) * (c + 1) - c);
  }
  return out;
}

function largestError(values: Float32Array, expected: readonly number[]): number {
  return values.reduce((error, value, i) => Math.max(error, Math.abs(value - expected[i])), 0);
}

describe("writeInstanceNorm()", () => {
  const size: Vec3 = [3, 4, 5];
  const values = Float32Array.from({ length: 2 * 60 }, (_, i) => Math.sin(i) * 3 + (i < 60 ? 5 : -40));

  it.each([false, true])("normalises each channel by itself (in stages: %s)", async (stages) => {
    expect(largestError(await normalise(values, size, 2, stages), reference(values, 2))).toBeLessThan(2e-5);
  });

  it("keeps constant channels at their shift", async () => {
    expect(await normalise(new Float32Array(120).fill(0.1), size, 2, true)).toEqual(
      new Float32Array(120).map((_, i) => (i < 60 ? 0 : -1)),
    );
  });

  it("stays exact over many voxels, in stages", async () => {
    const large: Vec3 = [90, 91, 92];
    const noise = new Float32Array(90 * 91 * 92).map((_, i) => 20 + Math.sin(i * i * 0.37));
    expect(needsStages(noise.length)).toBe(true);
    const error = largestError(await normalise(noise, large, 1, true), reference(noise, 1));
    expect(error).toBeLessThan(2e-5);
  });
});
