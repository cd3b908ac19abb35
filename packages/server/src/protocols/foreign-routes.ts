import type { FastifyContextConfig, FastifyInstance, RouteOptions } from "fastify";
import { HttpError } from "../http/http-error.ts";

/**
 * Makes the routes that follow those of a foreign protocol: no page of another site may call them, and a look at what a route
 * would answer (HEAD) does not do what the route does.
 */
export function foreignRoutes(app: FastifyInstance, config: FastifyContextConfig): void {
  app.addHook("onRoute", (route: RouteOptions) => {
    route.config = { protocol: true, ...config, ...route.config };
    route.schema = { hide: true, ...route.schema };
  });
  app.addHook("onRequest", async ({ method }) => {
    if (method === "HEAD") throw new HttpError("not_found", "There is no HEAD at this address");
  });
}

/** Of programs that can show no token: who names their protocol has said that they may come in (settings.ts). */
export const withoutToken: FastifyContextConfig = { letsIn: () => true };
