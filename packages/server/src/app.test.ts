import { readFileSync } from "node:fs";
import { errorStatus, sessionEvent } from "@septum/protocol";
import { describe, expect, test } from "vitest";
import { start } from "../test/start.ts";

describe("around the API", () => {
  test("GET /healthz says that the server lives, and makes no session", async () => {
    const { call } = await start();
    const { status, body, headers } = await call(undefined, "GET", "/healthz");
    expect([status, body, headers["x-session-id"]]).toEqual([200, { status: "ok" }, undefined]);
  });

  test("GET /api/openapi.json describes every route of the table", async () => {
    const { call } = await start();
    const { body } = await call(undefined, "GET", "/api/openapi.json");
    const routes = Object.entries(body.paths as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(routes.sort()).toMatchInlineSnapshot(`
      [
        "delete /api/admin/sessions/{id}",
        "delete /api/points",
        "delete /api/remove_point/{n}",
        "delete /api/segments/{label}",
        "delete /api/segments/{label}/prompts/{n}",
        "delete /api/session/{session_id}",
        "get /api/admin",
        "get /api/color_template",
        "get /api/download/labels",
        "get /api/download/segmentation",
        "get /api/events",
        "get /api/export",
        "get /api/history",
        "get /api/image",
        "get /api/mask",
        "get /api/points",
        "get /api/segments",
        "get /api/segments/{label}/preview",
        "get /api/sessions",
        "get /api/slice/{axis}/{slice_index}",
        "get /api/status",
        "get /healthz",
        "get /metrics",
        "get /readyz",
        "patch /api/segments/{label}",
        "patch /api/segments/{label}/prompts/{n}",
        "post /api/admin/sessions/{id}/rest",
        "post /api/login",
        "post /api/logout",
        "post /api/mark_point",
        "post /api/masks",
        "post /api/redo",
        "post /api/run_segmentation",
        "post /api/sample",
        "post /api/segments",
        "post /api/segments/{label}/edits",
        "post /api/segments/{label}/predict",
        "post /api/segments/{label}/prompts",
        "post /api/segments/{label}/reset",
        "post /api/segments/{label}/undo",
        "post /api/session",
        "post /api/undo",
        "post /api/upload",
        "put /api/presence",
        "put /api/view",
      ]
    `);
    expect(
      body.paths["/api/mark_point"].post.responses["200"].content["application/json"].schema.properties,
    ).toHaveProperty("point_number");
  });

  test("GET /docs works without anything from elsewhere", async () => {
    const { call } = await start();
    const { status, raw } = await call(undefined, "GET", "/docs/");
    expect(status).toBe(200);
    expect(raw.toString()).not.toMatch(/(src|href)="https?:/);
  });

  test("GET / says how to build the app when it is not built", async () => {
    const { call } = await start();
    expect((await call(undefined, "GET", "/")).raw.toString()).toContain("npm run build");
  });

  test("answers carry a strict content policy and let no other site in", async () => {
    const { call } = await start();
    const { headers } = await call(undefined, "GET", "/", undefined, { origin: "https://elsewhere.example" });
    expect(headers["content-security-policy"]).toContain(
      "script-src 'self' 'wasm-unsafe-eval';worker-src 'self' blob:",
    );
    expect(headers["access-control-allow-origin"]).toBeUndefined();
    expect(headers["x-content-type-options"]).toBe("nosniff");
  });
});

test("docs/rest-api.md has every route, every error code and every event", async () => {
  const page = readFileSync(new URL("../../../docs/rest-api.md", import.meta.url), "utf8");
  const { call } = await start();
  const { body } = await call(undefined, "GET", "/api/openapi.json");
  for (const [path, methods] of Object.entries<object>(body.paths)) {
    for (const method of Object.keys(methods)) expect(page).toContain(`| \`${method.toUpperCase()} ${path}\` |`);
  }
  for (const [code, status] of Object.entries(errorStatus))
    expect(page).toMatch(new RegExp(`\\| ${status} \\|.*\`${code}\``));
  for (const { shape } of sessionEvent.options) expect(page).toContain(`| \`${shape.type.value}\` |`);
});
