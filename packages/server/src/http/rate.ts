import rateLimit from "@fastify/rate-limit";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { HttpError } from "./http-error.ts";

/** Whoever asks whether the server lives is always answered. */
const uncounted = new Set(["/healthz", "/readyz"]);

const minuteMs = 60_000;

/**
 * Counts the calls of every address by the minute, before anything else is done for them. Throws `too_many_requests`, with
 * `Retry-After`, beyond `perMinute`; infinite: nobody is counted.
 */
export async function limitRate(app: FastifyInstance, perMinute: number): Promise<void> {
  await app.register(rateLimit, {
    global: false,
    max: Number.isFinite(perMinute) ? perMinute : Number.MAX_SAFE_INTEGER,
    timeWindow: minuteMs,
    allowList: ({ routeOptions }) => uncounted.has(routeOptions.url ?? ""),
    errorResponseBuilder: (_request, { max, ttl }) => tooMany(max, ttl),
  });
  if (Number.isFinite(perMinute)) app.addHook("onRequest", app.rateLimit());
}

/** A hook that counts the calls of one route by itself: each address may make `perMinute`. */
export function limitAttempts(app: FastifyInstance, perMinute: number): (request: FastifyRequest) => Promise<void> {
  const count = app.createRateLimit({ max: perMinute, timeWindow: minuteMs });
  return async (request) => {
    const result = await count(request);
    if (!result.isAllowed && result.isExceeded) throw tooMany(perMinute, result.ttl);
  };
}

function tooMany(max: number, ttlMs: number): HttpError {
  const seconds = Math.max(1, Math.ceil(ttlMs / 1000));
  return new HttpError(
    "too_many_requests",
    `Your address made more than ${max} calls within a minute: wait ${seconds} ${seconds === 1 ? "second" : "seconds"}`,
    { retryAfter: seconds },
  );
}
