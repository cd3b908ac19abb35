import type { ErrorCode } from "@septum/protocol";

/** A refusal with its code of the API; the message is meant for the caller and says nothing private. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.code = code;
  }
}

export function noImage(): HttpError {
  return new HttpError("no_image", "This session has no image yet: upload a scan (POST /api/upload) first");
}
