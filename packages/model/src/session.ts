import { availableParallelism } from "node:os";
import type { Patch } from "@septum/segment";
import type { Vec3 } from "@septum/volume";
import { InferenceSession, Tensor } from "onnxruntime-node";
import type { DeviceName } from "./device.ts";

export interface SessionOptions {
  readonly graph: string;
  readonly provider: DeviceName;
  readonly threads?: number;
  /** The one patch size this session will see. Accelerators plan for it; the CPU takes every size. */
  readonly size: Vec3;
}

/** Loads a compiled graph on one provider. Only the device worker and the probe process call this. */
export async function openSession({ graph, provider, threads, size }: SessionOptions): Promise<InferenceSession> {
  const accelerated = provider !== "cpu";
  return InferenceSession.create(graph, {
    executionProviders: [provider],
    intraOpNumThreads: threads ?? availableParallelism(),
    // The arena keeps the largest patch's memory for ever and took 7.1 instead of 4.0 GiB at 192³ (DESIGN §9).
    enableCpuMemArena: false,
    enableMemPattern: false,
    // Failures come back as errors and are reported with the provider; the log would only repeat them on stderr.
    logSeverityLevel: 4,
    ...(accelerated && { freeDimensionOverrides: { p0: size[0], p1: size[1], p2: size[2] } }),
  });
}

/** One pass over a patch of any size the network takes. */
export async function runPatch(session: InferenceSession, patch: Patch): Promise<Uint8Array<ArrayBuffer>> {
  const { mask } = await session.run(feedsOf(patch), ["mask"]);
  // The runtime owns its output's memory, so the mask is copied before it travels.
  const bytes = new Uint8Array(mask.data as Uint8Array);
  mask.dispose();
  return bytes;
}

/** The same pass, down to the logits: float32[2 * voxels], background first. */
export async function runLogits(session: InferenceSession, patch: Patch): Promise<Float32Array<ArrayBuffer>> {
  const { logits } = await session.run(feedsOf(patch), ["logits"]);
  const values = new Float32Array(logits.data as Float32Array);
  logits.dispose();
  return values;
}

function feedsOf({ size, image, mean, std, previous, promptIndex, promptValue }: Patch): Record<string, Tensor> {
  return {
    image: new Tensor("float32", image, size),
    mean: new Tensor("float32", [mean], [1]),
    std: new Tensor("float32", [std], [1]),
    previous: new Tensor("float16", previous, size),
    promptIndex: new Tensor("int32", promptIndex, [promptIndex.length]),
    promptValue: new Tensor("float32", promptValue, [promptValue.length]),
  };
}
