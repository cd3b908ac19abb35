import { existsSync } from "node:fs";
import { join } from "node:path";
import { availableMemory, builtApp, readSettings, type Settings, SettingsError, tryStore } from "@septum/server";
import { checkApp } from "./doctor/app.ts";
import { checkDisk, checkSessions, checkWritable } from "./doctor/data-folder.ts";
import { type Finding, fail, findingLines } from "./doctor/finding.ts";
import { checkMemory, checkNode } from "./doctor/machine.ts";
import { checkModel } from "./doctor/model.ts";
import { checkPort } from "./doctor/port.ts";
import { CommandError } from "./errors.ts";
import type { Environment } from "./model-folder.ts";

export interface DoctorOptions {
  /** The server's flags, by key. */
  readonly flags: Readonly<Record<string, string>>;
  readonly json: boolean;
}

/**
 * `septum doctor`: finds out by trying whether a server with these settings would start and do its work, and says for
 * everything that is wrong how to mend it. Starts no server.
 *
 * @throws {CommandError} when a check failed
 */
export async function doctor(
  { flags, json }: DoctorOptions,
  env: Environment,
  tell: (line: string) => void,
): Promise<void> {
  const findings: Finding[] = [];
  for await (const finding of examine(flags, env)) {
    findings.push(finding);
    if (!json) for (const line of findingLines(finding)) tell(line);
  }
  const failed = findings.filter(({ state }) => state === "fail").length;
  if (json) tell(JSON.stringify({ ok: failed === 0, findings }, null, 2));
  if (failed > 0) throw new CommandError(`${failed} of ${findings.length} checks failed`);
}

/** Every finding as soon as it is there: the network takes a while. */
async function* examine(flags: DoctorOptions["flags"], env: Environment): AsyncGenerator<Finding> {
  yield checkNode(process.version);
  let settings: Settings;
  try {
    settings = readSettings(env, flags);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    yield fail("settings", error.message, "correct it and ask again; `septum serve --help` lists what there is");
    return;
  }
  const { data, host, port, alsoPort, maxUploadMb, memory, model, device, threads } = settings;
  const machine = availableMemory();
  yield checkMemory(memory ?? Math.floor(machine / 2), machine);
  const writable = await checkWritable(data);
  yield writable;
  if (writable.state === "ok") {
    yield await checkDisk(data, maxUploadMb);
    yield await checkSessions(data, tryStore);
  }
  yield await checkPort(host, port);
  for (const further of alsoPort) yield await checkPort(host, further, "--also-port (SEPTUM_ALSO_PORT)");
  yield await checkApp(builtApp);
  yield* await checkModel({
    model,
    compiled: join(data, "compiled"),
    device: device === "directml" ? "dml" : device,
    threads,
    nvidia: existsSync("/proc/driver/nvidia/version"),
  });
}
