import { z } from "./zod.ts";

/**
 * Every error code of the API with its HTTP status. A code names what the caller can do about it; the sentence for a
 * person is in `detail`.
 */
export const errorStatus = {
  /** The request is not as the schema says; `detail` names the field. */
  bad_request: 400,
  invalid_session_id: 400,
  /** The multipart upload has no file in the field `file`. */
  wrong_field: 400,
  /** The file is not an image we read, or is damaged. */
  unreadable_image: 400,
  /** A point, box or drawing reaches outside the volume. */
  outside_volume: 400,
  /** The prompt has no extent, or is of a kind or shape that the model does not take. */
  invalid_prompt: 400,
  /** The edit needs something that the object does not have, or takes too long at once. */
  invalid_edit: 400,
  /** A token is missing or wrong. */
  unauthorized: 401,
  /** Called by a page of another site, or under a name that is not this server's. */
  forbidden: 403,
  not_found: 404,
  session_not_found: 404,
  slice_not_found: 404,
  point_not_found: 404,
  segment_not_found: 404,
  prompt_not_found: 404,
  /** Nobody of that id follows the session now. */
  person_not_found: 404,
  request_timeout: 408,
  /** Upload (or open the sample) first. */
  no_image: 409,
  /** Mark a point first. */
  no_points: 409,
  no_segmentation: 409,
  nothing_to_undo: 409,
  nothing_to_redo: 409,
  upload_in_progress: 409,
  run_in_progress: 409,
  /** There is an object with this label already: choose another. */
  segment_exists: 409,
  /** Locked objects do not change: unlock it first. */
  segment_locked: 409,
  /** Another object has this value in exported files: give it another first. */
  value_taken: 409,
  /** As many points or prompts as this server allows: remove some first. */
  limit_reached: 409,
  /** What the call's key names was done when it was first asked for: read the session for how it is now. */
  already_done: 409,
  /** The work was stopped before its end: the connection dropped, or the session's image was replaced. */
  aborted: 409,
  session_deleted: 410,
  too_large: 413,
  unsupported_media_type: 415,
  /** The masks lie on other voxels than the scan's. */
  other_grid: 422,
  /** A file of masks without objects, or with numbers that are no labels. */
  unusable_mask: 422,
  /** Too many calls from one address: wait as long as `Retry-After` says. */
  too_many_requests: 429,
  /** Try again later: no memory, no disk, or shutting down. */
  unavailable: 503,
  model_failed: 500,
  /** A file that was to be downloaded is not what the masks say, and was not sent. */
  export_mismatch: 500,
  internal: 500,
} as const;

export type ErrorCode = keyof typeof errorStatus;

/** The body of every answer that is not a success. */
export const errorAnswer = z
  .object({
    detail: z.string().meta({ description: "A sentence for a person: what came, what was expected, what to do." }),
    code: z.string().meta({ description: "A stable word for a program." }),
  })
  .meta({ id: "Error" });
export type ErrorAnswer = z.infer<typeof errorAnswer>;

/** What the typed client throws when the server answers with an error, or with something that is not an answer of ours. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  /** One of `errorStatus`, or `network` when no answer came, or `unknown` when it was not ours. */
  readonly code: ErrorCode | "network" | "unknown";

  constructor(status: number, code: ErrorCode | "network" | "unknown", detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.status = status;
    this.code = code;
  }
}

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorStatus, code);
}
