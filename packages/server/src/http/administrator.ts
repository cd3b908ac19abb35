import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { HttpError } from "./http-error.ts";

/** Names under which a server that listens on this machine only is called from this machine. */
const loopbackName = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/** Whether an address to listen on is reached from this machine alone. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|::1)$/i.test(host);
}

/** Whether the call carries the administrator's token. Throws `unauthorized` on a wrong one. */
export function isAdministrator({ headers }: FastifyRequest, token: string | undefined): boolean {
  const given = /^Bearer (.+)$/i.exec(headers.authorization ?? "")?.[1];
  if (given === undefined || token === undefined) return false;
  if (!sameSecret(given, token)) throw new HttpError("unauthorized", "The administrator's token is wrong");
  return true;
}

/**
 * Whether the call surely came from this machine and was meant for it. Neither a proxy's forwarding nor another site's name
 * that resolves to 127.0.0.1 counts.
 */
export function isLocalCall({ headers }: FastifyRequest): boolean {
  const forwarded = headers["x-forwarded-for"] ?? headers.forwarded ?? headers.via;
  return forwarded === undefined && loopbackName.test(headers.host ?? "");
}

/** Compares in a time that does not tell how much of it was right. */
function sameSecret(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
