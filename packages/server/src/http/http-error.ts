import type { ErrorCode } from "@septum/protocol";

export interface HttpErrorOptions extends ErrorOptions {
  /** Seconds after which it makes sense to try again. */
  readonly retryAfter?: number;
}

/** A refusal with its code of the API; the message is meant for the caller and says nothing private. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly code: ErrorCode;
  readonly retryAfter: number | undefined;

  constructor(code: ErrorCode, detail: string, options?: HttpErrorOptions) {
    super(detail, options);
    this.code = code;
    this.retryAfter = options?.retryAfter;
  }
}

export function noImage(): HttpError {
  return new HttpError("no_image", "This session has no image yet: upload a scan (POST /api/upload) first");
}
