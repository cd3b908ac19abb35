import { z } from "zod";
import type { Routes } from "./context.ts";

export const health: Routes = async (app) => {
  app.get(
    "/healthz",
    {
      schema: { tags: ["server"], summary: "Alive", response: { 200: z.object({ status: z.literal("ok") }) } },
      logLevel: "warn",
    },
    async () => ({ status: "ok" as const }),
  );
};
