import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { ModelSettings } from "@septum/segment";
import type { Vec3 } from "@septum/volume";
import type { DeviceName, DeviceOptions } from "./device.ts";
import { moduleFile } from "./module-file.ts";

/** What the probe process is asked. */
export interface ProbeRequest {
  readonly graph: string;
  readonly provider: DeviceName;
  readonly threads?: number;
  readonly size: Vec3;
  readonly settings: Pick<ModelSettings, "channels">;
}

export type ProbeAnswer =
  | { readonly ok: true; readonly logits: Float32Array; readonly seconds: number }
  | { readonly ok: false; readonly reason: string };

/** The order of DESIGN §5. */
const ORDER: readonly DeviceName[] = ["cuda", "tensorrt", "coreml", "dml", "webgpu", "cpu"];

/** Where each provider exists at all. The others are tried. */
const PLATFORMS: Readonly<Record<DeviceName, readonly NodeJS.Platform[]>> = {
  cuda: ["linux", "win32"],
  tensorrt: ["linux"],
  coreml: ["darwin"],
  dml: ["win32"],
  webgpu: ["linux", "win32", "darwin"],
  cpu: ["linux", "win32", "darwin"],
};

/**
 * Longest wait for a small pass, in seconds: CUDA loads large libraries, TensorRT builds an engine. WebGPU gets little in
 * `auto`, because on a software adapter its 3D convolutions take minutes (DESIGN §9).
 */
const PATIENCE: Readonly<Record<DeviceName, number>> = {
  cuda: 60,
  tensorrt: 180,
  coreml: 60,
  dml: 60,
  webgpu: 6,
  cpu: 120,
};

/** Half precision and TF32 stay well inside this; a wrong kernel does not. */
const LARGEST_LOGIT_ERROR = 0.05;

/** The providers to try, in order. */
export function candidates(device: DeviceName | "auto"): readonly DeviceName[] {
  if (device !== "auto") return [device];
  return ORDER.filter((name) => PLATFORMS[name].includes(process.platform));
}

/**
 * Why an accelerator cannot be used, or undefined when it can: a small pass on it succeeds and agrees with the CPU's. In
 * `auto` it also has to be no slower.
 *
 * @param patience longest wait for the small pass, in seconds
 */
export async function whyNot(
  provider: DeviceName,
  options: DeviceOptions,
  patience = PATIENCE[provider],
): Promise<string | undefined> {
  const { graph, settings, threads } = options;
  const request = { graph: graph.path, threads, size: graph.probeSize, settings: { channels: settings.channels } };
  const found = await probe({ ...request, provider }, patience);
  if (!found.ok) return readable(found.reason);
  const reference = await probe({ ...request, provider: "cpu" }, PATIENCE.cpu);
  if (!reference.ok) return `nothing to compare with, the CPU failed: ${reference.reason}`;
  const error = relativeError(found.logits, reference.logits);
  if (!(error <= LARGEST_LOGIT_ERROR)) {
    return `its logits differ from the CPU's by ${error.toPrecision(2)} of their range`;
  }
  if (options.device === "auto" && found.seconds > reference.seconds) {
    return `slower than the CPU: ${found.seconds.toFixed(2)} s against ${reference.seconds.toFixed(2)} s for a small patch`;
  }
  return undefined;
}

/** Without the source line and failed condition that ONNX Runtime puts before its messages. */
function readable(reason: string): string {
  return reason.replace(/^\S+:\d+ .* was (?:false|true)\. /s, "").trim();
}

/** Runs one small pass in a process that is ended when it takes too long. */
function probe(request: ProbeRequest, seconds: number): Promise<ProbeAnswer> {
  return new Promise((resolve) => {
    const child = fork(fileURLToPath(moduleFile("./probe-process.ts")), {
      execArgv: [],
      serialization: "advanced",
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    const timer = setTimeout(() => finish({ ok: false, reason: `no result within ${seconds} s` }), seconds * 1000);
    const finish = (answer: ProbeAnswer) => {
      clearTimeout(timer);
      child.kill("SIGKILL");
      resolve(answer);
    };
    child.on("message", (answer) => finish(answer as ProbeAnswer));
    child.on("error", (error) => finish({ ok: false, reason: error.message }));
    child.on("exit", (code, signal) =>
      finish({ ok: false, reason: `its process ended with ${signal ?? `code ${code}`}` }),
    );
    child.send(request);
  });
}

function relativeError(values: Float32Array, reference: Float32Array): number {
  let largest = 0;
  let error = 0;
  for (let i = 0; i < reference.length; i++) {
    largest = Math.max(largest, Math.abs(reference[i]));
    // Math.max carries NaN through, so that a broken result is never taken for a good one.
    error = Math.max(error, Math.abs(values[i] - reference[i]));
  }
  return error / largest;
}
