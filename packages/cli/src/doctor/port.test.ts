import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { checkPort } from "./port.ts";

let server: Server | undefined;

afterEach(() => server?.close());

/** A program that has a port and answers everybody with this. */
async function occupy(body: string, headers: Record<string, string> = {}): Promise<number> {
  const occupier = createServer((_request, response) => response.writeHead(200, headers).end(body));
  server = occupier;
  await new Promise<void>((resolve) => occupier.listen(0, "127.0.0.1", resolve));
  return (occupier.address() as AddressInfo).port;
}

test("checkPort() finds a port free, and leaves it free", async () => {
  const port = await occupy("");
  server?.close();
  await new Promise((resolve) => setImmediate(resolve));
  for (let n = 0; n < 2; n++) {
    expect(await checkPort("127.0.0.1", port)).toEqual({
      check: "port",
      state: "ok",
      says: `${port} on 127.0.0.1 is free`,
    });
  }
  expect(await checkPort("127.0.0.1", 0)).toMatchObject({ state: "ok", says: "a free one will be taken on 127.0.0.1" });
});

test("checkPort() says when another program has it", async () => {
  const port = await occupy("<html>");
  expect(await checkPort("127.0.0.1", port)).toEqual({
    check: "port",
    state: "fail",
    says: `${port} on 127.0.0.1 is in use by another program`,
    fix: "stop that program, or choose another port with --port (SEPTUM_PORT)",
  });
  expect(await checkPort("127.0.0.1", port, "--also-port (SEPTUM_ALSO_PORT)")).toMatchObject({
    fix: "stop that program, or choose another port with --also-port (SEPTUM_ALSO_PORT)",
  });
});

test("checkPort() says when a Septum server has it", async () => {
  const port = await occupy('{"status":"ok"}', { "x-request-id": "0a1b2c3d" });
  expect(await checkPort("127.0.0.1", port)).toMatchObject({
    state: "warn",
    says: `a Septum server runs on 127.0.0.1:${port} already`,
  });
});

test("checkPort() says when the address is not this machine's", async () => {
  expect(await checkPort("203.0.113.7", 8000)).toEqual({
    check: "port",
    state: "fail",
    says: "203.0.113.7 is not an address of this machine (EADDRNOTAVAIL)",
    fix: "set --host (SEPTUM_HOST) to 127.0.0.1, or to 0.0.0.0 for all addresses of this machine",
  });
});
