import { type ErrorAnswer, type ErrorCode, errorStatus } from "@septum/protocol";
import type { FastifyError } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import { HttpError } from "./http-error.ts";
import { describeIssues, type Issue } from "./validation-message.ts";

/** What is answered for an error: a status, and a body that says nothing private. */
export interface Answer {
  readonly status: number;
  readonly body: ErrorAnswer & { readonly code: ErrorCode };
}

/** Code and, where the error's own words are not for the caller, the words said instead. */
type Rule = readonly [code: ErrorCode, detail?: string];

const noRoom: Rule = ["unavailable", "The server's disk is full: nothing was changed. Try again later"];
const closing: Rule = ["unavailable", "The server is shutting down: try again later"];
const lost: Rule = ["unavailable", "The image had to be closed; everything is kept. Repeat the call to open it again"];

/** Errors of the other packages by `name`, or by `name` and tag where one class has several. */
const rules: Readonly<Record<string, Rule>> = {
  VolumeError: ["unreadable_image"],
  "VolumeError too-large": ["too_large"],
  "SegmentError ImageUnusable": ["unreadable_image"],
  "SegmentError PromptOutsideVolume": ["outside_volume"],
  "SegmentError PromptEmpty": ["invalid_prompt"],
  "SegmentError PromptInvalid": ["invalid_prompt"],
  "SegmentError PromptUnsupported": ["invalid_prompt"],
  "SegmentError EditInvalid": ["invalid_edit"],
  DrawingTooLarge: ["invalid_prompt"],
  StoreFull: noRoom,
  StoreClosed: closing,
  EngineClosedError: closing,
  ImageLostError: lost,
  TaskLostError: ["unavailable", "A part of the server stopped and was started anew: repeat the call"],
  DeviceLost: [
    "unavailable",
    "The device that runs the model stopped; the object is as it was before. Repeat the call",
  ],
  "MaskFileError OtherGrid": ["other_grid"],
  "MaskFileError Unusable": ["unusable_mask"],
  ExportMismatchError: [
    "export_mismatch",
    "The file was read again and does not say what the masks say: it was not sent. Nothing is lost; tell whoever runs the server",
  ],
  PassFailed: ["model_failed", "The model failed; the object is as it was before"],
};

/** Statuses that Fastify and its plugins answer with themselves. */
const codeOfStatus: Readonly<Record<number, ErrorCode>> = {
  404: "not_found",
  408: "request_timeout",
  413: "too_large",
  415: "unsupported_media_type",
  503: "unavailable",
};

/** The one table from errors to answers. */
export function answerTo(error: unknown): Answer {
  if (error instanceof HttpError) return answer(error.code, error.message);
  if (hasZodFastifySchemaValidationErrors(error)) {
    const issues = error.validation.map(({ instancePath, message, params }) => ({
      path: instancePath.split("/").filter((key) => key !== ""),
      message: message ?? "invalid",
      errors: (params as Partial<Issue>).errors,
    }));
    return answer("bad_request", describeIssues(issues, (error as FastifyError).validationContext));
  }
  if (!(error instanceof Error)) return internal();
  const { tag, code } = error as Error & { tag?: unknown; code?: unknown };
  const rule = rules[`${error.name} ${String(tag ?? code)}`] ?? rules[error.name];
  if (rule) return answer(rule[0], rule[1] ?? error.message);
  const { statusCode } = error as Partial<FastifyError>;
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return answer(codeOfStatus[statusCode] ?? "bad_request", error.message);
  }
  return internal();
}

function answer(code: ErrorCode, detail: string): Answer {
  return { status: errorStatus[code], body: { detail, code } };
}

function internal(): Answer {
  return answer("internal", "Something went wrong in the server; its log has more under this answer's X-Request-ID");
}
