import type { FastifyReply } from "fastify";
import { HttpError } from "./http-error.ts";

/** Aborts when the connection drops before the answer was sent, so that its work ends too. */
export function connectionSignal(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  const { raw } = reply;
  const closed = () => {
    if (!raw.writableFinished) controller.abort(new HttpError("aborted", "The connection was closed"));
  };
  if (raw.closed) closed();
  else raw.once("close", closed);
  return controller.signal;
}
