import { createHash } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";

/**
 * Marks the answer as this version of something of the caller's session. True when the caller has that version already:
 * then there is nothing more to send.
 */
export function answerIfKnown(
  request: FastifyRequest,
  reply: FastifyReply,
  ...version: readonly (string | number)[]
): boolean {
  // All sessions share the address, and a tag must not give a session's id away.
  const digest = createHash("sha256")
    .update(JSON.stringify([request.session.id, ...version]))
    .digest("base64url");
  const tag = `"${digest.slice(0, 22)}"`;
  reply.header("ETag", tag).header("Cache-Control", "private, no-cache").header("Vary", "X-Session-ID, Accept");
  const known = request.headers["if-none-match"]?.split(/\s*,\s*/) ?? [];
  if (!known.includes(tag)) return false;
  reply.code(304);
  return true;
}
