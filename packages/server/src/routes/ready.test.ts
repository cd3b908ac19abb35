import { StoreError } from "@septum/store";
import { describe, expect, test } from "vitest";
import { start } from "../../test/start.ts";

describe("GET /readyz", () => {
  test("says ready when engine, store and disk are, to anyone, and makes no session", async () => {
    const { call, app } = await start({ app: { dataFolder: "." } });
    const { status, body, headers } = await call(undefined, "GET", "/readyz", undefined, {
      "x-forwarded-for": "10.0.0.9",
    });
    expect([status, body]).toEqual([200, { status: "ready" }]);
    expect(headers["cache-control"]).toBe("no-store");
    const list = await app.inject({ method: "GET", url: "/api/admin" });
    expect(list.json().sessions).toEqual([]);
  });

  test("gives every reason why not, in the shape of an error", async () => {
    const { call, engine, store } = await start();
    engine.ping = async () => {
      throw new Error("a thread at /secret/path died");
    };
    store.stage = async () => {
      throw new StoreError("StoreFull", "Cannot begin the upload: the disk is full");
    };
    const { status, body } = await call(undefined, "GET", "/readyz");
    expect([status, body]).toEqual([
      503,
      {
        status: "not ready",
        reasons: ["the engine does not answer", "sessions cannot be written"],
        detail: "the engine does not answer; sessions cannot be written",
        code: "unavailable",
      },
    ]);
  });

  test("does not wait for an engine that never answers, asks it once for all who wait, and recovers", {
    timeout: 30_000,
  }, async () => {
    const { call, engine } = await start();
    const { ping } = engine;
    let pings = 0;
    engine.ping = () => {
      pings++;
      return new Promise(() => {});
    };
    const answers = await Promise.all([call(undefined, "GET", "/readyz"), call(undefined, "GET", "/readyz")]);
    expect(answers.map(({ status, body }) => [status, body.reasons])).toEqual([
      [503, ["the engine does not answer"]],
      [503, ["the engine does not answer"]],
    ]);
    expect(pings).toBe(1);
    engine.ping = ping;
    expect((await call(undefined, "GET", "/readyz")).status).toBe(200);
  });
});
