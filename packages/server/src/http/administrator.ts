import type { FastifyRequest } from "fastify";
import { bearerToken, isOneOf, sameSecret } from "./access.ts";
import { loopbackName } from "./host-check.ts";
import { HttpError } from "./http-error.ts";

/**
 * Whether the call carries the administrator's token. Throws `unauthorized` on a wrong one; a token for use is not wrong, but
 * no administrator's.
 */
export function isAdministrator(
  request: FastifyRequest,
  adminToken: string | undefined,
  tokens: readonly string[] = [],
): boolean {
  const given = bearerToken(request);
  if (given === undefined || adminToken === undefined) return false;
  if (sameSecret(given, adminToken)) return true;
  if (isOneOf(given, tokens)) return false;
  throw new HttpError("unauthorized", "The administrator's token is wrong");
}

/**
 * Whether the call surely came from this machine and was meant for it. Neither a proxy's forwarding nor another site's name
 * that resolves to 127.0.0.1 counts.
 */
export function isLocalCall({ headers }: FastifyRequest): boolean {
  const forwarded = headers["x-forwarded-for"] ?? headers.forwarded ?? headers.via;
  return forwarded === undefined && loopbackName.test(headers.host ?? "");
}
