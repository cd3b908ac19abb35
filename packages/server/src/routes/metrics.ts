import { requireAdministrator } from "../http/require-administrator.ts";
import { binary, errors, type Routes } from "./context.ts";

/** Figures for Prometheus. What they say of all people together is for whoever runs the server. */
export const metrics: Routes = async (app, context) => {
  app.get(
    "/metrics",
    {
      schema: {
        tags: ["server"],
        summary: "Figures in Prometheus' text format, for the administrator",
        response: { 200: binary("text/plain", "Text exposition format"), ...errors },
      },
      logLevel: "warn",
    },
    async (request, reply) => {
      requireAdministrator(request, context);
      const { engine, metrics, takeStock } = context;
      reply.type(metrics.contentType).header("Cache-Control", "no-store");
      return metrics.text({ stock: await takeStock(), queue: engine.queue });
    },
  );
};
