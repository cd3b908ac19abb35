import { mkdir } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { diskStore } from "@septum/store";
import type { FastifyBaseLogger } from "fastify";
import type { EndedPass } from "../engine/engine.ts";
import { createEngine } from "../engine/index.ts";
import { createLog } from "../http/logging.ts";
import { builtApp, sampleScan } from "../repo-files.ts";
import type { Settings } from "../settings/settings.ts";
import { version } from "../version.ts";
import { availableMemory } from "./available-memory.ts";
import { describeStart } from "./describe-start.ts";
import { listenAlso } from "./listen-also.ts";

export interface RunningServer {
  /** Address to open, such as `http://127.0.0.1:8000`. */
  readonly url: string;
  /** Stops accepting calls, ends all work, and closes the engine and the store. May be called twice. */
  close(): Promise<void>;
}

export interface StartOptions {
  readonly log?: FastifyBaseLogger;
  /** Where the lines for the person at the terminal go; default: standard output. */
  readonly print?: (line: string) => void;
}

/**
 * Starts a server: engine, store, HTTP. Resolves when it takes calls, having printed the address to open, the model with its
 * licence, and the device with the reasons why others were not taken.
 *
 * Throws what the store, the model and the socket throw; nothing is left running then.
 */
export async function startServer(settings: Settings, options: StartOptions = {}): Promise<RunningServer> {
  const { log = createLog(), print = (line) => process.stdout.write(`${line}\n`) } = options;
  const closers: (() => Promise<unknown>)[] = [];
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= closeAll(closers, log);
    return closing;
  };
  try {
    await mkdir(settings.data, { recursive: true, mode: 0o700 });
    const store = await diskStore(join(settings.data, "store"));
    closers.unshift(() => store.close());
    let passed = (_: EndedPass) => {};
    const starting = createEngine({
      onPass: (pass) => passed(pass),
      model: {
        folder: settings.model,
        cacheDir: join(settings.data, "compiled"),
        device: settings.device === "directml" ? "dml" : settings.device,
        threads: settings.threads,
      },
    });
    const started = starting.catch(() => undefined);
    closers.unshift(async () => (await started)?.close());
    // While the network is loaded in its thread, this one reads the modules for HTTP: each takes most of a second.
    const [{ createApp }, { createMetrics }] = await Promise.all([
      import("../app.ts"),
      import("../metrics/metrics.ts"),
    ]);
    const engine = await starting;
    const metrics = createMetrics(version);
    passed = metrics.passed;
    const memory = settings.memory ?? Math.floor(availableMemory() / 2);
    const app = await createApp({
      engine,
      store,
      settings,
      log,
      maxImageBytes: memory,
      memoryBudget: memory,
      appFolder: builtApp,
      sampleFile: sampleScan,
      metrics,
      dataFolder: settings.data,
    });
    closers.unshift(() => app.close());
    await app.listen({ host: settings.host, port: settings.port });
    const stopListening = await listenAlso(app, settings.host, settings.alsoPort);
    closers.unshift(async () => stopListening());
    const { port } = app.server.address() as AddressInfo;
    const url = addressToOpen(settings.host, port);
    for (const line of describeStart(url, settings, engine.model)) print(line);
    return { url, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Closes what was opened last first; one that fails does not keep the others open. */
async function closeAll(closers: readonly (() => Promise<unknown>)[], log: FastifyBaseLogger): Promise<void> {
  for (const closeOne of closers) {
    await closeOne().catch((err: unknown) => log.error({ err }, "closing failed"));
  }
}

/** A host that means "every address" is no address to open. */
function addressToOpen(host: string, port: number): string {
  const name = host === "0.0.0.0" || host === "::" ? "localhost" : host;
  return `http://${name.includes(":") ? `[${name}]` : name}:${port}`;
}
