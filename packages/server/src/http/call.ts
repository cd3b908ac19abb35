import { onceHeader } from "@septum/protocol";
import type { FastifyReply, FastifyRequest } from "fastify";
import { type Caller, refuseDone } from "../sessions/caller.ts";
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

/** Who made a request of a session, for a call that is done once under one key. Throws `already_done`, `bad_request`. */
export function callerOf({ headers, session }: FastifyRequest, reply: FastifyReply): Caller {
  const key = headers[onceHeader.toLowerCase()];
  if (key !== undefined && (typeof key !== "string" || !/^[!-~]{1,64}$/.test(key)))
    throw new HttpError(
      "bad_request",
      `The header ${onceHeader} is no key: expected 1 to 64 printable ASCII characters`,
    );
  refuseDone(session.state, key);
  return { signal: connectionSignal(reply), key };
}
