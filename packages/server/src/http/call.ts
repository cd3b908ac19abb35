import type { FastifyReply } from "fastify";
import { HttpError } from "./http-error.ts";

/** Aborts when the connection drops before the answer was sent, so that its work ends too. */
export function connectionSignal(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  const { raw } = reply;
  raw.once("close", () => {
    if (!raw.writableFinished) controller.abort(new HttpError("aborted", "The connection was closed"));
  });
  return controller.signal;
}
