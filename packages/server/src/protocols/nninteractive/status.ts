import { type ErrorCode, errorStatus } from "@septum/protocol";
import { answerTo } from "../../http/error-answer.ts";
import { BadArrayError } from "./bad-array.ts";
import { NotJsonError } from "./request.ts";

/** Codes that clients of this protocol have to see under another status (spec §1.3). */
const statusOf: Readonly<Partial<Record<ErrorCode, number>>> = {
  session_not_found: 410,
  session_deleted: 410,
  // 503 means that all places are taken, and nothing else.
  unavailable: 500,
};

/** Statuses that these clients tell apart; any other refusal is a 400 to them. */
const known = [401, 403, 404, 410, 413, 422, 429, 500];

/** What an error is to these clients: a status and a sentence. */
export function statusAnswer(error: unknown): {
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
} {
  if (error instanceof NotJsonError) return { status: 422, detail: error.message, code: "bad_request" };
  if (error instanceof BadArrayError) return { status: 400, detail: error.message, code: "bad_request" };
  const { body } = answerTo(error);
  const status = statusOf[body.code] ?? errorStatus[body.code];
  return { status: known.includes(status) ? status : 400, detail: body.detail, code: body.code };
}
