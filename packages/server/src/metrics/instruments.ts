import { Counter, Gauge, Histogram, type Registry } from "prom-client";

/** From a click on a fast device to the refinement of a large organ on a slow one. */
const workSeconds = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300];
const requestSeconds = [0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30];

/** Every metric there is, registered in `registry`; docs/operating.md lists them. */
export function createInstruments(registry: Registry) {
  const registers = [registry];
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge<L>({ name, help, labelNames, registers });
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Counter<L>({ name, help, labelNames, registers });
  const histogram = <L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[] = [],
    buckets: number[] = workSeconds,
  ) => new Histogram<L>({ name, help, labelNames, buckets, registers });

  return {
    info: gauge("septum_info", "The version that runs.", ["version"]),
    sessions: gauge("septum_sessions", "Sessions, with their image in memory or resting on disk.", ["state"]),
    life: counter("septum_session_events_total", "Sessions created, rested, reopened, expired and deleted.", ["event"]),
    memory: gauge("septum_memory_bytes", "Memory held by all sessions."),
    disk: gauge("septum_disk_bytes", "Disk taken by all sessions."),
    diskFree: gauge("septum_disk_free_bytes", "Free on the disk of the data folder."),
    sessionMemory: gauge("septum_session_memory_bytes", "Memory held by an open session: quantiles over sessions.", [
      "quantile",
    ]),
    sessionDisk: gauge("septum_session_disk_bytes", "Disk taken by a session: quantiles over sessions.", ["quantile"]),
    passes: gauge("septum_passes", "Passes of the network, waiting or running.", ["state"]),
    passWait: histogram("septum_pass_wait_seconds", "Time that passes waited for the device.", ["stage"]),
    passRun: histogram("septum_pass_run_seconds", "Time that passes took on the device.", ["stage"]),
    runs: histogram("septum_run_seconds", "Time that runs of numbered points took.", ["outcome"]),
    uploads: counter("septum_uploads_total", "Files received.", ["outcome"]),
    uploadBytes: counter("septum_upload_bytes_total", "Bytes of accepted files."),
    uploadSeconds: histogram(
      "septum_upload_seconds",
      "Time from the first byte of an accepted file to its open image.",
    ),
    errors: counter("septum_errors_total", "Calls that were refused or failed, by code of the API.", ["code"]),
    requests: histogram(
      "septum_http_request_seconds",
      "Time that calls took.",
      ["method", "route", "status"],
      requestSeconds,
    ),
    eventLoop: gauge("septum_event_loop_delay_seconds", "Delay of the event loop since the last reading.", [
      "quantile",
    ]),
    cpu: counter("process_cpu_seconds_total", "Processor time of the server, all threads."),
    resident: gauge("process_resident_memory_bytes", "Memory of the server as the system sees it."),
    started: gauge("process_start_time_seconds", "When the server started, in seconds since the epoch."),
  };
}
