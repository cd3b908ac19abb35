import type { FastifyReply } from "fastify";

/**
 * Says every now and then that the call is being worked on (102 Processing), so that a client goes on waiting (spec §1.8). Returns
 * the end of it. Only for clients that know such answers: Python's `requests` takes the first for the last.
 */
export function tellWorking({ raw }: FastifyReply, everyMs: number): () => void {
  const timer = setInterval(() => {
    if (!raw.headersSent && !raw.destroyed && raw.req.httpVersion === "1.1") raw.writeProcessing();
  }, everyMs);
  return () => clearInterval(timer);
}
