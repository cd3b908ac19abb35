import { setTimeout as pause } from "node:timers/promises";
import { make } from "./crash/calls.ts";
import { patientFetch } from "./patient-fetch.ts";

/** What the server says of itself in its metrics. */
export interface Metering {
  /** The process as the system sees it. */
  readonly residentMiB: number;
  /** Counted by the server for its sessions' images and objects. */
  readonly heldMiB: number;
  readonly open: number;
  readonly resting: number;
  readonly diskMiB: number;
  /** 99th percentile and largest since the metrics were last read. */
  readonly eventLoopMs: readonly [p99: number, largest: number];
  /** Passes of the network so far. */
  readonly passes: number;
  /** Files opened so far, and sessions that came back from a rest. */
  readonly uploads: number;
  readonly reopened: number;
}

/** Longer than threads take until they collect what was closed, and spare ones until they end. */
const settleMs = 7_000;

export async function readMetrics(url: string): Promise<Metering> {
  const text = await (await patientFetch(`${url}/metrics`)).text();
  const value = (name: string) => {
    const line = text.split("\n").find((line) => line.startsWith(`${name} `));
    return Number(line?.slice(name.length + 1) ?? 0);
  };
  const mebibytes = (name: string) => value(name) / 2 ** 20;
  const delay = (quantile: number) => 1000 * value(`septum_event_loop_delay_seconds{quantile="${quantile}"}`);
  const passes = (stage: string) => value(`septum_pass_run_seconds_count{stage="${stage}"}`);
  return {
    residentMiB: mebibytes("process_resident_memory_bytes"),
    heldMiB: mebibytes("septum_memory_bytes"),
    diskMiB: mebibytes("septum_disk_bytes"),
    open: value('septum_sessions{state="open"}'),
    resting: value('septum_sessions{state="resting"}'),
    eventLoopMs: [delay(0.99), delay(1)],
    passes: passes("coarse") + passes("refine"),
    uploads: value('septum_uploads_total{outcome="accepted"}'),
    reopened: value('septum_session_events_total{event="reopened"}'),
  };
}

/** Puts every session to rest, as the administrator does, and reads what is left when the threads have settled. */
export async function restAll(url: string): Promise<Metering> {
  const { body } = await make({ method: "GET", path: "/api/admin" }, url, undefined, patientFetch);
  for (const { id, state } of (body as { sessions: { id: string; state: string }[] }).sessions) {
    if (state === "open") await putToRest(url, id);
  }
  await pause(settleMs);
  return readMetrics(url);
}

/** As the administrator does; the session must not be at work. */
export async function putToRest(url: string, id: string): Promise<void> {
  const path = `/api/admin/sessions/${id.slice(0, 8)}/rest`;
  const { status, body } = await make({ method: "POST", path }, url, undefined, patientFetch);
  if (status !== 200) throw new Error(`A session could not be put to rest: ${status} ${JSON.stringify(body)}`);
}
