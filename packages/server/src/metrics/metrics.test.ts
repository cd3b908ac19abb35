import { readFileSync } from "node:fs";
import type { FastifyInstance } from "fastify";
import { afterEach, describe, expect, test } from "vitest";
import { type Harness, type HarnessOptions, scan, startHarness, upload } from "../testing/harness.ts";
import { createMetrics, quantileOf } from "./metrics.ts";

let harness: Harness;

async function start(options?: HarnessOptions): Promise<Harness> {
  harness = await startHarness(options);
  return harness;
}

afterEach(() => harness?.app.close());

/** One metric of the text exposition format: its kind, and every sample by name and labels as written. */
interface Family {
  readonly help: string;
  readonly kind: string;
  readonly samples: Map<string, number>;
}

/** Reads the format strictly: every sample belongs to the family announced before it, and none comes twice. */
function parse(text: string): Map<string, Family> {
  const families = new Map<string, Family>();
  let [name, help] = ["", ""];
  expect(text.endsWith("\n")).toBe(true);
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const announced = /^# (HELP|TYPE) ([a-z_]+) (.+)$/.exec(line);
    if (announced?.[1] === "HELP") [, , name, help] = announced;
    else if (announced) {
      expect([name, "gauge|counter|histogram"]).toEqual([announced[2], expect.stringContaining(announced[3])]);
      expect(families.has(name)).toBe(false);
      families.set(name, { help, kind: announced[3], samples: new Map() });
    } else {
      const sample = /^([a-z_]+)(\{(?:[a-z]+="(?:[^"\\\n]|\\.)*",?)+\})? (-?[\d.]+(?:e[+-]?\d+)?|\+Inf)$/.exec(line);
      if (!sample) throw new Error(`Not a sample: ${line}`);
      const [, base, labels = "", value] = sample;
      const family = families.get(name);
      expect(base.replace(family?.kind === "histogram" ? /_(bucket|sum|count)$/ : "", "")).toBe(name);
      const key = base.slice(name.length) + labels;
      expect(family?.samples.has(key)).toBe(false);
      family?.samples.set(key, Number(value));
    }
  }
  return families;
}

async function scrape({ app }: { app: FastifyInstance }, headers: Record<string, string> = {}) {
  const { statusCode, headers: answered, body } = await app.inject({ method: "GET", url: "/metrics", headers });
  expect([statusCode, answered["content-type"]]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"]);
  const families = parse(body);
  return { body, value: (name: string, key = "") => families.get(name)?.samples.get(key), families };
}

describe("GET /metrics", () => {
  test("counts sessions by state, what became of them, and what they hold", async () => {
    const { app, call, loaded, engine, wait } = await start({ settings: { sessionHours: 1 } });
    const first = await loaded();
    await loaded();
    const resting = (await call(undefined, "POST", "/api/session")).body.session_id;
    const { value } = await scrape({ app });
    const [image] = engine.open;
    expect(value("septum_sessions", '{state="open"}')).toBe(2);
    expect(value("septum_sessions", '{state="resting"}')).toBe(1);
    expect(value("septum_memory_bytes")).toBe(2 * image.bytes);
    expect(value("septum_session_memory_bytes", '{quantile="1"}')).toBe(image.bytes);
    expect(value("septum_disk_bytes")).toBe(2 * scan().length);
    expect(value("septum_session_disk_bytes", '{quantile="0.5"}')).toBe(scan().length);

    await call(undefined, "POST", `/api/admin/sessions/${first}/rest`);
    await call(undefined, "DELETE", `/api/session/${resting}`);
    await call(first, "GET", "/api/slice/2/0");
    wait(3_600_000);
    const after = await scrape({ app });
    const events = (event: string) => after.value("septum_session_events_total", `{event="${event}"}`);
    expect(["created", "rested", "reopened", "deleted"].map(events)).toEqual([3, 1, 1, 1]);
    expect(after.value("septum_sessions", '{state="open"}')).toBe(0);
    expect(after.value("septum_memory_bytes")).toBe(0);
  });

  test("counts uploads, runs, errors by code, and calls by route and status", async () => {
    const { app, call, loaded } = await start();
    const id = await loaded();
    await upload(harness, id, Buffer.from("not a scan"));
    // Refused by its announced size, before a byte is read.
    await upload(harness, id, new Uint8Array(2 ** 21));
    await call(id, "POST", "/api/mark_point", { voxel: [3, 4, 5] });
    await call(id, "POST", "/api/run_segmentation");
    await call(id, "GET", "/api/slice/2/99");
    await call(id, "GET", "/nowhere");
    const { value, body } = await scrape({ app });
    expect(value("septum_uploads_total", '{outcome="accepted"}')).toBe(1);
    expect(value("septum_uploads_total", '{outcome="refused"}')).toBe(2);
    expect(value("septum_upload_bytes_total")).toBe(scan().length);
    expect(value("septum_upload_seconds", "_count")).toBe(1);
    expect(value("septum_run_seconds", '_count{outcome="completed"}')).toBe(1);
    expect(value("septum_errors_total", '{code="unreadable_image"}')).toBe(1);
    expect(value("septum_errors_total", '{code="too_large"}')).toBe(1);
    expect(value("septum_errors_total", '{code="slice_not_found"}')).toBe(1);
    expect(value("septum_errors_total", '{code="not_found"}')).toBe(1);
    const calls = (method: string, route: string, status: number) =>
      value("septum_http_request_seconds", `_count{method="${method}",route="${route}",status="${status}"}`);
    expect(calls("POST", "/api/upload", 200)).toBe(1);
    expect(calls("POST", "/api/upload", 400)).toBe(1);
    expect(calls("GET", "/api/slice/:axis/:slice_index", 404)).toBe(1);
    expect(body).not.toContain(id.slice(0, 8));
  });

  test("has the delay of the event loop, processor time and memory of the process", async () => {
    const { app } = await start();
    await scrape({ app });
    await new Promise((resolve) => setTimeout(resolve, 30));
    const end = performance.now() + 200;
    while (performance.now() < end);
    await new Promise((resolve) => setTimeout(resolve, 30));
    const { value } = await scrape({ app });
    // Held up for 200 ms, of which up to one look of 10 ms was not waited for.
    expect(value("septum_event_loop_delay_seconds", '{quantile="1"}')).toBeGreaterThan(0.18);
    expect(value("process_cpu_seconds_total")).toBeGreaterThan(0.1);
    expect(value("process_resident_memory_bytes")).toBeGreaterThan(10e6);
  });

  test("is for the administrator, or for this machine while no token is set and nobody else is let in", async () => {
    const ask = async (settings: HarnessOptions["settings"], headers: Record<string, string> = {}) => {
      const { app } = await start({ settings });
      const { statusCode } = await app.inject({ method: "GET", url: "/metrics", headers });
      await app.close();
      return statusCode;
    };
    expect(await ask({})).toBe(200);
    expect(await ask({}, { "x-forwarded-for": "10.0.0.9" })).toBe(401);
    expect(await ask({ host: "0.0.0.0" })).toBe(401);
    const adminToken = "correct-horse";
    expect(await ask({ adminToken })).toBe(401);
    expect(await ask({ adminToken }, { authorization: "Bearer correct-house" })).toBe(401);
    expect(await ask({ adminToken, host: "0.0.0.0" }, { authorization: `Bearer ${adminToken}` })).toBe(200);
  });
});

test("createMetrics() has the queue as it is, and waits and runs of passes by stage", async () => {
  const metrics = createMetrics("1.2.3");
  metrics.passed({ owner: "ada", stage: "coarse", secondsWaited: 0.2, secondsRun: 1.5 });
  metrics.passed({ owner: "ada", stage: "refine", secondsWaited: 20, secondsRun: 0.02 });
  metrics.passed({ owner: "ada", stage: "refine", secondsWaited: 0, secondsRun: 0.02 });
  const stock = { sessions: [], memory: 0, disk: 0, diskFree: 12345 };
  const families = parse(await metrics.text({ stock, queue: { waiting: 4, running: 1 } }));
  metrics.close();
  const value = (name: string, key = "") => families.get(name)?.samples.get(key);
  expect(value("septum_info", '{version="1.2.3"}')).toBe(1);
  expect(value("septum_disk_free_bytes")).toBe(12345);
  expect(value("septum_passes", '{state="waiting"}')).toBe(4);
  expect(value("septum_passes", '{state="running"}')).toBe(1);
  expect(value("septum_pass_wait_seconds", '_bucket{le="10",stage="refine"}')).toBe(1);
  expect(value("septum_pass_wait_seconds", '_bucket{le="30",stage="refine"}')).toBe(2);
  expect(value("septum_pass_run_seconds", '_sum{stage="coarse"}')).toBe(1.5);
  expect(value("septum_pass_run_seconds", '_count{stage="refine"}')).toBe(2);
});

test("docs/operating.md has every metric", async () => {
  const metrics = createMetrics("1.2.3");
  const stock = { sessions: [], memory: 0, disk: 0 };
  const families = parse(await metrics.text({ stock, queue: { waiting: 0, running: 0 } }));
  metrics.close();
  const page = readFileSync(new URL("../../../../docs/operating.md", import.meta.url), "utf8");
  expect(families.size).toBeGreaterThan(20);
  for (const name of families.keys()) expect(page).toContain(`\`${name}\``);
});

test("quantileOf() is the least value that its share of all do not exceed", () => {
  expect(quantileOf([], 0.5)).toBe(0);
  expect(quantileOf([7], 0.5)).toBe(7);
  expect([0.5, 0.9, 1].map((share) => quantileOf([5, 1, 4, 2, 3], share))).toEqual([3, 5, 5]);
});
