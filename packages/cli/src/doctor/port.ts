import { createServer } from "node:net";
import { type Finding, fail, ok, warn } from "./finding.ts";

/**
 * Whether the port is free: by listening on it for a moment. A Septum server that has it is said to be there. `setting` is
 * where it was chosen.
 */
export async function checkPort(host: string, port: number, setting = "--port (SEPTUM_PORT)"): Promise<Finding> {
  const error = await listenOnce(host, port);
  if (!error) return ok("port", port === 0 ? `a free one will be taken on ${host}` : `${port} on ${host} is free`);
  if (error.code === "EADDRINUSE") {
    if (await isSeptum(host, port)) {
      return warn(
        "port",
        `a Septum server runs on ${host}:${port} already`,
        `nothing, when that one is meant; else stop it, or choose another with ${setting}`,
      );
    }
    return fail(
      "port",
      `${port} on ${host} is in use by another program`,
      `stop that program, or choose another port with ${setting}`,
    );
  }
  if (error.code === "EACCES") {
    return fail("port", `${port} may not be used by this user`, `choose a port of 1024 or above with ${setting}`);
  }
  return fail(
    "port",
    `${host} is not an address of this machine (${error.code})`,
    "set --host (SEPTUM_HOST) to 127.0.0.1, or to 0.0.0.0 for all addresses of this machine",
  );
}

function listenOnce(host: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", resolve);
    server.listen({ host, port }, () => server.close(() => resolve(undefined)));
  });
}

async function isSeptum(host: string, port: number): Promise<boolean> {
  const name = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  try {
    const address = `http://${name.includes(":") ? `[${name}]` : name}:${port}/healthz`;
    const answer = await fetch(address, { signal: AbortSignal.timeout(3_000) });
    return ((await answer.json()) as { status?: unknown }).status === "ok" && answer.headers.has("x-request-id");
  } catch {
    return false;
  }
}
