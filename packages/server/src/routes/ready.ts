import { randomUUID } from "node:crypto";
import { z } from "zod";
import { freeBytes } from "../metrics/stock.ts";
import type { ApiContext, Routes } from "./context.ts";

/** With less than this no scan of usual size can be taken, and soon nothing can be saved. */
const leastFreeBytes = 64 * 1024 * 1024;

/** Longest time that a check may take. */
const patienceMs = 5_000;

/** Whether the server can do its work, for whatever sends people to it. `/healthz` says only that it lives. */
export const ready: Routes = async (app, context) => {
  let underWay: Promise<string[]> | undefined;

  /** Those who ask at the same time share one look. */
  function reasons(): Promise<string[]> {
    underWay ??= troubles(context).finally(() => {
      underWay = undefined;
    });
    return underWay;
  }

  app.get(
    "/readyz",
    {
      schema: {
        tags: ["server"],
        summary: "Able to work: the engine answers, sessions can be written, the disk has room",
        response: {
          200: z.object({ status: z.literal("ready") }),
          503: z.object({
            status: z.literal("not ready"),
            reasons: z.array(z.string()),
            detail: z.string(),
            code: z.literal("unavailable"),
          }),
        },
      },
      logLevel: "warn",
    },
    async (_request, reply) => {
      reply.header("Cache-Control", "no-store");
      const found = await reasons();
      if (found.length === 0) return { status: "ready" as const };
      const detail = found.join("; ");
      app.log.warn({ reasons: found }, "not ready");
      return reply
        .code(503)
        .send({ status: "not ready" as const, reasons: found, detail, code: "unavailable" as const });
    },
  );
};

type Check = readonly [trouble: string, check: () => Promise<boolean>];

/** What is wrong, in words that hold nothing private; empty when all is well. */
async function troubles({ engine, store, dataFolder }: ApiContext): Promise<string[]> {
  const checks: readonly Check[] = [
    [
      "the engine does not answer",
      async () => {
        await engine.ping();
        return true;
      },
    ],
    [
      "sessions cannot be written",
      async () => {
        const staged = await store.stage(randomUUID());
        await staged.discard();
        return true;
      },
    ],
    [
      "the disk is full",
      async () => {
        const free = dataFolder === undefined ? undefined : await freeBytes(dataFolder);
        return free === undefined || free >= leastFreeBytes;
      },
    ],
  ];
  const results = await Promise.all(checks.map(([, check]) => holds(check)));
  return checks.filter((_, at) => !results[at]).map(([trouble]) => trouble);
}

/** False also when the check fails, or takes longer than the time it has. */
async function holds(check: () => Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), patienceMs);
  });
  try {
    return await Promise.race([check().catch(() => false), late]);
  } finally {
    clearTimeout(timer);
  }
}
