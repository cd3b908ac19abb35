import type { FastifyInstance } from "fastify";
import { HttpError } from "./http-error.ts";

/** Names under which a server that listens on this machine only is called from this machine. */
export const loopbackName = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

export interface HostCheckOptions {
  /** The server listens on this machine only. */
  readonly loopback: boolean;
  /** Further names under which it may be called; without any, a server that listens elsewhere takes all. */
  readonly hostNames: readonly string[];
  /** Sites whose pages may call. */
  readonly corsOrigins: readonly string[];
}

/**
 * Refuses calls that a page of another site makes through the browser of somebody who can reach this server:
 *
 * - under that site's own name, made to resolve to this machine (DNS rebinding), which the `Host` header tells;
 * - under this server's name, whose answers such a page cannot read but which would change things, which `Sec-Fetch-Site` tells.
 */
export function refuseStrangePages(app: FastifyInstance, options: HostCheckOptions): void {
  const { loopback, corsOrigins } = options;
  const names = new Set(options.hostNames.map((name) => name.toLowerCase()));
  const origins = new Set(corsOrigins.map((origin) => origin.toLowerCase()));

  function knows(host: string): boolean {
    if (!loopback && names.size === 0) return true;
    return loopbackName.test(host) || names.has(host.replace(/:\d+$/, "").toLowerCase());
  }

  app.addHook("onRequest", async ({ headers, routeOptions }) => {
    const { host, origin } = headers;
    // Browsers always name whom they call.
    if (host !== undefined && !knows(host)) {
      throw new HttpError(
        "forbidden",
        "This server is not known under the name it was called by: use localhost, or add the name with SEPTUM_HOST_NAMES",
      );
    }
    const site = headers["sec-fetch-site"];
    const strange = site === "cross-site" || site === "same-site";
    const invited = origin !== undefined && origins.has(origin.toLowerCase());
    const ours = routeOptions.url?.startsWith("/api/") || routeOptions.config.protocol;
    if (strange && !invited && ours) {
      throw new HttpError(
        "forbidden",
        "Pages of other sites may not use this server: allow them with SEPTUM_CORS_ORIGINS",
      );
    }
  });
}
