import { ApiError } from "@septum/protocol";

export interface ProblemWords {
  readonly title: string;
  readonly detail: string;
}

const titles: Readonly<Partial<Record<ApiError["code"], string>>> = {
  unreadable_image: "This file cannot be opened",
  too_large: "This file is too large",
  wrong_field: "This file cannot be opened",
  unsupported_media_type: "This file cannot be opened",
  other_grid: "This mask does not lie on the scan's voxels",
  unusable_mask: "There is nothing in this file to start from",
  outside_volume: "That place is outside the scan",
  no_points: "There is no point to start from",
  no_image: "There is no scan yet",
  no_segmentation: "There is nothing to download yet",
  upload_in_progress: "Another upload is still on its way",
  run_in_progress: "A run is already in progress",
  limit_reached: "This is as much as the server allows",
  too_many_requests: "Too many calls at once",
  unavailable: "The server cannot do this now",
  unauthorized: "Not allowed",
};

/** What a person reads about an error: `doing` completes "Cannot …" when the code has no title of its own. */
export function problemWords(error: unknown, doing: string): ProblemWords {
  if (error instanceof ApiError) {
    const detail =
      error.code === "network"
        ? `${error.message}, or its answer was lost on the way. When it is back, this page shows whether it was done.`
        : error.message;
    return { title: titles[error.code] ?? `Cannot ${doing}`, detail };
  }
  return { title: `Cannot ${doing}`, detail: error instanceof Error ? error.message : String(error) };
}

/** What is as it was asked for, and may go through another time, after a wait or a change elsewhere. */
const passing: ReadonlySet<ApiError["code"]> = new Set([
  "network",
  "unknown",
  "internal",
  "model_failed",
  "aborted",
  "request_timeout",
  "unavailable",
  "too_many_requests",
  "run_in_progress",
  "upload_in_progress",
  "limit_reached",
  "segment_locked",
]);

/** Whether the same may work when it is asked for once more. */
export function mayHelp(error: unknown): boolean {
  return error instanceof ApiError && passing.has(error.code);
}
