import type { FastifyRequest } from "fastify";
import type { ApiContext } from "../routes/context.ts";
import { isAdministrator, isLocalCall } from "./administrator.ts";
import { HttpError } from "./http-error.ts";

/**
 * Lets through whoever shows the administrator's token, and anyone on this machine when the server listens on loopback only
 * and no token is set. Throws `unauthorized` otherwise.
 */
export function requireAdministrator(
  request: FastifyRequest,
  { adminToken, tokens, loopback }: Pick<ApiContext, "adminToken" | "tokens" | "loopback">,
): void {
  if (isAdministrator(request, adminToken, tokens)) return;
  if (adminToken === undefined && tokens.length === 0 && loopback && isLocalCall(request)) return;
  throw new HttpError("unauthorized", adminToken === undefined ? noneSet : missing);
}

const missing = "This is for the administrator: send the administrator's token as `Authorization: Bearer …`";
const noneSet =
  "This is for an administrator, and the server was started without an administrator's token: set SEPTUM_ADMIN_TOKEN";
