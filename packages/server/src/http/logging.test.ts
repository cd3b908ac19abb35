import { expect, test } from "vitest";
import { scan, startHarness, upload } from "../testing/harness.ts";
import { createLog, hideIds } from "./logging.ts";

test("the log follows a session by its short id, and holds no whole id, file name or address", async () => {
  const lines: string[] = [];
  const log = createLog("info", { write: (line) => void lines.push(line) });
  const harness = await startHarness({ app: { log } });
  const { body, headers } = await upload(harness, undefined, scan());
  const id = body.session_id;
  await harness.call(id, "GET", "/api/slice/2/99?window=1&level=2");
  harness.store.stage = async () => {
    throw new Error(`EIO: i/o error, open '/data/uploads/${id}'`);
  };
  const failed = await upload(harness, id, scan());
  await harness.call(undefined, "DELETE", `/api/session/${id}`);
  await harness.app.close();

  expect(failed.body).toEqual({
    detail: "Something went wrong in the server; its log has more under this answer's X-Request-ID",
    code: "internal",
  });
  const all = lines.join("");
  expect(all).not.toContain(id);
  expect(all).not.toContain("Jane");
  expect(all).not.toContain("window=");
  const parsed = lines.map((line) => JSON.parse(line));
  expect(parsed.find(({ reqId, msg }) => reqId === headers["x-request-id"] && msg === "answered")).toMatchObject({
    level: "info",
    method: "POST",
    route: "/api/upload",
    status: 200,
    session: id.slice(0, 8),
  });
  expect(parsed.find(({ msg }) => msg === "failed")).toMatchObject({
    level: "error",
    reqId: failed.headers["x-request-id"],
    err: { type: "Error", message: `EIO: i/o error, open '/data/uploads/${id.slice(0, 8)}…'` },
  });
  expect(parsed.find(({ status }) => status === 404)).toMatchObject({
    level: "info",
    route: "/api/slice/:axis/:slice_index",
  });
});

test("hideIds() shortens every id in a text", () => {
  expect(hideIds("a 7b0c2a52-3a0e-4c54-9d5a-7f6f0c9b1a11 b")).toBe("a 7b0c2a52… b");
});
