import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { arch, cpus, release } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { DeviceName, DeviceOptions, ProviderAttempt } from "./device.ts";

/**
 * What trying the providers gave the last time, in a file: trying them takes seconds, and the next start most often finds
 * what this one did. It holds for one model on one machine as that was then.
 */
export interface ProviderMemory {
  /** Undefined when nothing is remembered, or something is not as it was. */
  recall(): Promise<readonly ProviderAttempt[] | undefined>;
  /** A memory that cannot be written costs the next start some seconds, and no more. */
  keep(attempts: readonly ProviderAttempt[]): Promise<void>;
}

const deviceNames = ["cuda", "tensorrt", "coreml", "dml", "webgpu", "cpu"] as const satisfies readonly DeviceName[];

const memorySchema = z.object({
  fingerprint: z.string(),
  at: z.number(),
  attempts: z.array(z.object({ name: z.enum(deviceNames), ok: z.boolean(), reason: z.string().optional() })),
});

/** Not everything that decides can be seen from here, so now and then it is tried all the same. */
const longestMs = 7 * 24 * 3_600_000;

export function providerMemory(folder: string, options: DeviceOptions, now: () => number = Date.now): ProviderMemory {
  const file = join(folder, "providers.json");
  return {
    async recall() {
      try {
        const { fingerprint, at, attempts } = memorySchema.parse(JSON.parse(await readFile(file, "utf8")));
        const isYoung = at <= now() && now() - at < longestMs;
        return isYoung && fingerprint === (await fingerprintOf(options)) ? attempts : undefined;
      } catch {
        return undefined;
      }
    },
    async keep(attempts) {
      try {
        const text = JSON.stringify({ fingerprint: await fingerprintOf(options), at: now(), attempts });
        await mkdir(folder, { recursive: true });
        const draft = `${file}.${process.pid}`;
        await writeFile(draft, text);
        await rename(draft, file);
      } catch {
        // Nothing is remembered then.
      }
    },
  };
}

/** Where drivers and the libraries of accelerators show: a device, a driver's version, what the linker knows. */
const tracesOfDrivers = [
  "/dev/nvidia0",
  "/dev/nvidiactl",
  "/dev/dri",
  "/dev/kfd",
  "/proc/driver/nvidia/version",
  "/etc/ld.so.cache",
  "C:\\Windows\\System32\\nvcuda.dll",
];

/** Windows looks for libraries along the PATH. */
const variables = [
  "CUDA_VISIBLE_DEVICES",
  "CUDA_PATH",
  "CUDA_HOME",
  "LD_LIBRARY_PATH",
  ...(process.platform === "win32" ? ["PATH"] : []),
];

/** Changes with the model, the runtime and its libraries, the processor, and the drivers as far as they show. */
async function fingerprintOf({ graph, settings, threads }: DeviceOptions): Promise<string> {
  const facts = [
    [graph.path, settings.patchSize, threads ?? null],
    [process.platform, arch(), release(), cpus().map(({ model }) => model)],
    variables.map((name) => process.env[name] ?? null),
    await runtimeFiles(),
    await Promise.all(tracesOfDrivers.map(traceOf)),
  ];
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex");
}

/** The runtime's own files, where its install step also puts the libraries of accelerators. */
async function runtimeFiles(): Promise<readonly string[]> {
  const root = dirname(dirname(createRequire(import.meta.url).resolve("onnxruntime-node")));
  const folder = join(root, "bin");
  const names = (await readdir(folder, { recursive: true })).sort();
  return Promise.all(names.map((name) => traceOf(join(folder, name))));
}

async function traceOf(path: string): Promise<string> {
  const info = await stat(path).catch(() => undefined);
  if (!info) return `${path}: none`;
  // Devices and /proc are made anew at every start of the machine, with its time.
  const isFile = info.isFile() && info.size > 0;
  return `${path}: ${isFile ? `${info.size} ${info.mtimeMs}` : "there"}`;
}
