import { afterEach, describe, expect, test } from "vitest";
import { type Harness, type HarnessOptions, scan, startHarness, upload } from "../testing/harness.ts";
import { createLog } from "./logging.ts";

let harness: Harness;

async function start(options?: HarnessOptions): Promise<Harness> {
  harness = await startHarness(options);
  return harness;
}

afterEach(() => harness?.app.close());

describe("with an access token", () => {
  const token = "correct-horse";
  const other = "battery-staple";
  const adminToken = "tr0ub4dor-and-3";
  const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });
  const closed = () => start({ settings: { token: [token, other], adminToken } });

  /** Every route there is, from the page that describes them. */
  async function allRoutes({ app }: Harness): Promise<[method: "GET" | "POST" | "DELETE", url: string][]> {
    const { body } = await app.inject({ url: "/api/openapi.json", headers: bearer(token) });
    const paths = Object.entries<object>(JSON.parse(body).paths);
    return paths.flatMap(([path, methods]) =>
      Object.keys(methods).map((method): ["GET", string] => [
        method.toUpperCase() as "GET",
        path.replace(/\{\w+\}/g, "1"),
      ]),
    );
  }

  test("every call but those that tell nothing is refused without one, and makes no session", async () => {
    const started = await closed();
    const openToAll = ["/healthz", "/readyz", "/api/login", "/api/logout"];
    const routes = (await allRoutes(started)).filter(([, url]) => !openToAll.includes(url));
    expect(routes.length).toBeGreaterThan(20);
    for (const [method, url] of routes) {
      const answer = await started.call(undefined, method, url);
      expect([method, url, answer.status, answer.body]).toEqual([
        method,
        url,
        401,
        {
          code: "unauthorized",
          detail:
            "This server asks for an access token: send it as `Authorization: Bearer …`, or log in (POST /api/login)",
        },
      ]);
      expect(answer.headers["www-authenticate"]).toBe('Bearer realm="Septum"');
      expect(answer.headers["x-session-id"]).toBeUndefined();
    }
    const { body } = await started.call(undefined, "GET", "/api/sessions", undefined, bearer(adminToken));
    expect(body.sessions).toEqual([]);
    expect((await started.call(undefined, "GET", "/healthz")).status).toBe(200);
    expect((await started.call(undefined, "GET", "/api/openapi.json")).status).toBe(401);
  });

  test.each([token, other, adminToken])("%s lets its bearer in", async (secret) => {
    const { call } = await closed();
    expect((await call(undefined, "POST", "/api/session", undefined, bearer(secret))).status).toBe(200);
  });

  test.each(["wrong-horse", "orrect-horse", "correct-horse-battery", ""])("%j does not let in", async (secret) => {
    const { call } = await closed();
    expect((await call(undefined, "GET", "/api/status", undefined, bearer(secret))).status).toBe(401);
  });

  test("a login gives a cookie that lets a page in, its pictures and downloads too, and that is not the token", async () => {
    const { call } = await closed();
    const answer = await call(undefined, "POST", "/api/login", { token }, { "content-type": "application/json" });
    expect([answer.status, answer.body]).toEqual([200, { message: "Logged in" }]);
    expect(answer.headers["x-session-id"]).toBeUndefined();
    const set = String(answer.headers["set-cookie"]);
    expect(set).toMatch(/^septum_access=[\w-]{43}; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Strict$/);
    expect(set).not.toContain(token);
    const cookie = set.split(";", 1)[0];
    expect((await call(undefined, "GET", "/api/status", undefined, { cookie })).status).toBe(200);
    expect((await call(undefined, "GET", "/api/status", undefined, { cookie: `septum_access=${token}` })).status).toBe(
      401,
    );
    expect((await call(undefined, "GET", "/api/status", undefined, bearer(cookie.slice(14)))).status).toBe(401);
    // Whoever shows a wrong token means that one.
    expect((await call(undefined, "GET", "/api/status", undefined, { cookie, ...bearer("wrong-horse") })).status).toBe(
      401,
    );
  });

  test("a logout takes the cookie away, whoever asks", async () => {
    const { call } = await closed();
    const answer = await call(undefined, "POST", "/api/logout");
    expect([answer.status, answer.body]).toEqual([200, { message: "Logged out" }]);
    expect(String(answer.headers["set-cookie"])).toMatch(/^septum_access=; .*Expires=Thu, 01 Jan 1970/);
    expect(answer.headers["x-session-id"]).toBeUndefined();
  });

  test("behind HTTPS the cookie is for HTTPS alone", async () => {
    const { call } = await closed();
    const headers = { "content-type": "application/json", "x-forwarded-proto": "https" };
    const answer = await call(undefined, "POST", "/api/login", { token }, headers);
    expect(String(answer.headers["set-cookie"])).toContain("; Secure");
  });

  test("a wrong login is refused, and after twenty within a minute every one", async () => {
    const { call } = await closed();
    const attempt = (secret: string) =>
      call(undefined, "POST", "/api/login", { token: secret }, { "content-type": "application/json" });
    for (let n = 0; n < 20; n++) {
      const { status, body, headers } = await attempt("wrong-horse");
      expect([status, body.detail]).toEqual([
        401,
        "The access token is wrong: ask whoever runs this server for the right one",
      ]);
      expect(headers["set-cookie"]).toBeUndefined();
    }
    const late = await attempt(token);
    expect([late.status, late.body.code]).toEqual([429, "too_many_requests"]);
    expect(Number(late.headers["retry-after"])).toBeGreaterThan(0);
  });

  test("a token for use sees its own session alone in the list, the administrator's all", async () => {
    const { call } = await closed();
    const { body } = await call(undefined, "POST", "/api/session", undefined, bearer(token));
    await call(undefined, "POST", "/api/session", undefined, bearer(other));
    const own = await call(body.session_id, "GET", "/api/sessions", undefined, bearer(token));
    expect([own.body.all, own.body.sessions.length]).toEqual([false, 1]);
    const all = await call(undefined, "GET", "/api/sessions", undefined, bearer(adminToken));
    expect([all.body.all, all.body.sessions.length]).toEqual([true, 2]);
  });

  test("no token is written to the log", async () => {
    const lines: string[] = [];
    const log = createLog("trace", { write: (line) => void lines.push(line) });
    const { call } = await start({ settings: { token: [token], adminToken }, app: { log } });
    await call(undefined, "GET", "/api/status", undefined, bearer(token));
    await call(undefined, "GET", "/api/status", undefined, bearer(`${token}x`));
    await call(undefined, "POST", "/api/login", { token }, { "content-type": "application/json" });
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.join("")).not.toContain(token);
  });
});

describe("pages of other sites", () => {
  const names = ["rebound.example", "rebound.example:8000", "127.0.0.1.rebound.example", "localhost.rebound.example"];

  test.each(names)("a server on loopback is not known as %j", async (host) => {
    const { call, app } = await start();
    for (const url of ["/api/status", "/healthz", "/"]) {
      const { status, body } = await call(undefined, "GET", url, undefined, { host });
      expect([status, body.code]).toEqual([403, "forbidden"]);
    }
    expect((await app.inject("/api/sessions")).json().sessions).toHaveLength(1);
  });

  test.each(["localhost", "LOCALHOST:8000", "127.0.0.1:9", "[::1]:8000"])("it is known as %s", async (host) => {
    const { call } = await start();
    expect((await call(undefined, "GET", "/healthz", undefined, { host })).status).toBe(200);
  });

  test("further names can be given, and elsewhere than on loopback any name will do until some are", async () => {
    const health = async (host: string) =>
      (await harness.call(undefined, "GET", "/healthz", undefined, { host })).status;
    await start({ settings: { hostNames: ["septum.example"] } });
    expect([await health("Septum.Example:443"), await health("other.example")]).toEqual([200, 403]);
    await harness.app.close();
    await start({ settings: { host: "0.0.0.0" } });
    expect(await health("other.example")).toBe(200);
    await harness.app.close();
    await start({ settings: { host: "0.0.0.0", hostNames: ["septum.example"] } });
    expect([await health("septum.example"), await health("other.example")]).toEqual([200, 403]);
  });

  test("may not call through somebody's browser, which says whence a call comes", async () => {
    const { call, app } = await start();
    for (const site of ["cross-site", "same-site"]) {
      const headers = { "sec-fetch-site": site, origin: "https://evil.example" };
      const answer = await call(undefined, "POST", "/api/session", undefined, headers);
      expect([answer.status, answer.body.code]).toEqual([403, "forbidden"]);
    }
    expect((await app.inject("/api/sessions")).json().sessions).toHaveLength(1);
    for (const site of ["same-origin", "none"]) {
      expect((await call(undefined, "POST", "/api/session", undefined, { "sec-fetch-site": site })).status).toBe(200);
    }
    // A link from a mail or a wiki opens the page.
    expect((await call(undefined, "GET", "/", undefined, { "sec-fetch-site": "cross-site" })).status).toBe(200);
  });

  test("without SEPTUM_CORS_ORIGINS no answer has a CORS header", async () => {
    const { call } = await start();
    for (const method of ["GET", "OPTIONS"] as const) {
      const headers = { origin: "https://viewer.example", "access-control-request-method": "POST" };
      const answer = await call(undefined, method, "/api/status", undefined, headers);
      expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
    }
  });

  test("those named in it may call and read, also that they lack a token; others not", async () => {
    const { call } = await start({ settings: { corsOrigins: ["https://viewer.example"], token: ["correct-horse"] } });
    const from = (origin: string) => ({ origin, "sec-fetch-site": "cross-site" });
    const asked = await call(undefined, "OPTIONS", "/api/session", undefined, {
      ...from("https://viewer.example"),
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization,x-session-id",
    });
    expect(asked.status).toBe(204);
    expect(asked.headers).toMatchObject({
      "access-control-allow-origin": "https://viewer.example",
      "access-control-allow-headers": "authorization,x-session-id",
    });
    const refused = await call(undefined, "POST", "/api/session", undefined, from("https://viewer.example"));
    expect([refused.status, refused.headers["access-control-allow-origin"]]).toEqual([401, "https://viewer.example"]);
    const headers = { ...from("https://viewer.example"), authorization: "Bearer correct-horse" };
    const allowed = await call(undefined, "POST", "/api/session", undefined, headers);
    expect([allowed.status, allowed.headers["access-control-expose-headers"]]).toEqual([
      200,
      expect.stringContaining("X-Session-ID"),
    ]);
    expect(allowed.headers["access-control-allow-credentials"]).toBeUndefined();
    const other = await call(undefined, "POST", "/api/session", undefined, {
      ...from("https://other.example"),
      authorization: "Bearer correct-horse",
    });
    expect([other.status, other.headers["access-control-allow-origin"]]).toEqual([403, undefined]);
  });
});

test("every answer carries the headers that keep the page to itself", async () => {
  const { call } = await start();
  for (const url of ["/", "/healthz", "/api/status", "/api/nothing"]) {
    const { headers } = await call(undefined, "GET", url);
    expect(headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "x-frame-options": "SAMEORIGIN",
      "referrer-policy": "no-referrer",
      "cross-origin-resource-policy": "same-origin",
      "cross-origin-opener-policy": "same-origin",
    });
    const policy = String(headers["content-security-policy"]);
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval'");
    expect(policy).toContain("object-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/https?:|\*|script-src[^;]*'unsafe/);
  }
});

describe("the rate of calls", () => {
  test("beyond what is allowed in a minute is answered 429 with the time to wait, but never for /healthz", async () => {
    const { call } = await start({ settings: { requestsPerMinute: 5 } });
    for (let n = 0; n < 5; n++) expect((await call(undefined, "GET", "/api/openapi.json")).status).toBe(200);
    const answer = await call(undefined, "POST", "/api/session");
    expect([answer.status, answer.body.code]).toEqual([429, "too_many_requests"]);
    expect(answer.body.detail).toMatch(/^Your address made more than 5 calls within a minute: wait \d+ seconds?$/);
    const wait = Number(answer.headers["retry-after"]);
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(60);
    for (let n = 0; n < 10; n++) expect((await call(undefined, "GET", "/healthz")).status).toBe(200);
  });

  test("is counted for every address by itself", async () => {
    const { app } = await start({ settings: { requestsPerMinute: 2 } });
    const from = async (remoteAddress: string) =>
      (await app.inject({ url: "/api/openapi.json", remoteAddress })).statusCode;
    expect([await from("10.0.0.1"), await from("10.0.0.1"), await from("10.0.0.1")]).toEqual([200, 200, 429]);
    expect(await from("10.0.0.2")).toBe(200);
  });
});

test("a body larger than allowed is refused, an upload of that size is not", async () => {
  const started = await start({ settings: { maxBodyKb: 1 } });
  const headers = { "content-type": "application/json" };
  const large = JSON.stringify({ token: "x".repeat(2000) });
  const answer = await started.call(undefined, "POST", "/api/login", large, headers);
  expect([answer.status, answer.body.code]).toEqual([413, "too_large"]);
  const file = scan(Int16Array.from({ length: 960 }, (_, n) => (n * 7919) % 30011));
  expect(file.length).toBeGreaterThan(1024);
  expect((await upload(started, undefined, file)).status).toBe(200);
});
