import { memoryStore } from "@septum/store";
import { expect, test } from "vitest";
import { noLimits } from "../sessions/limits.ts";
import { openSessions } from "../sessions/sessions.ts";
import { fakeEngine } from "../testing/fake-engine.ts";
import { scan, startHarness, upload } from "../testing/harness.ts";
import { logLife } from "./life-log.ts";
import { createLog } from "./logging.ts";

function watchedLog() {
  const lines: string[] = [];
  const log = createLog("info", { write: (line) => void lines.push(line) });
  /** Lines about sessions, each without its time. */
  const life = () =>
    lines
      .map((line) => JSON.parse(line))
      .filter(({ msg }) => /^(session|image|run) /.test(msg))
      .map(({ time: _time, ...line }) => line);
  return { lines, log, life };
}

test("the log has one line for each event of a session's life, under its short id", async () => {
  const { lines, log, life } = watchedLog();
  const store = memoryStore();
  const first = await startHarness({ store, app: { log } });
  const id = await first.loaded();
  await first.call(id, "POST", "/api/mark_point", { voxel: [3, 4, 5] });
  await first.call(id, "POST", "/api/run_segmentation");
  await upload(first, id, Buffer.from("not a scan"));
  await first.app.close();
  const second = await startHarness({ store, app: { log } });
  await second.call(id, "GET", "/api/slice/2/4");
  await second.call(undefined, "DELETE", `/api/session/${id}`);
  await second.app.close();

  const session = id.slice(0, 8);
  const seconds = expect.any(Number);
  const image = { shape: [12, 10, 8], dtype: "int16", seconds };
  expect(life()).toEqual([
    { level: "info", session, msg: "session created" },
    { level: "info", session, ...image, bytes: scan().length, msg: "image opened" },
    { level: "info", session, outcome: "completed", objects: 1, passes: 2, seconds, msg: "run ended" },
    { level: "info", session, code: "unreadable_image", msg: "image refused" },
    { level: "info", session, ...image, msg: "session reopened" },
    { level: "info", session, msg: "session deleted" },
  ]);
  expect(lines.join("")).not.toContain(id);
});

test("the log says what expired, and nothing of a rest that gave nothing back", async () => {
  const { log, life } = watchedLog();
  let at = 1000;
  const sessions = await openSessions({
    store: memoryStore(),
    engine: fakeEngine(),
    now: () => at,
    maxImageBytes: 2 ** 20,
    memoryBudget: 2 ** 20,
    lifetimeMs: 60_000,
    restMs: 60_000,
    limits: noLimits,
    onError: (error) => {
      throw error;
    },
    observe: logLife(log),
  });
  const { id } = await sessions.create();
  sessions.find(id).rest();
  at += 60_000;
  await sessions.sweep();
  const session = id.slice(0, 8);
  expect(life()).toEqual([
    { level: "info", session, msg: "session created" },
    { level: "info", session, msg: "session expired" },
  ]);
});
