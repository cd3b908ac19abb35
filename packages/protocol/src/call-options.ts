import type { Others } from "./edits.ts";
import type { Axis } from "./geometry.ts";

/** May be stopped; stopping a prompt or a run stops its work on the server too. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  /**
   * Names a change of the session: 1 to 64 printable ASCII characters. Whoever lost the answer asks again under the same key and
   * gets `already_done` when it had been done.
   */
  readonly key?: string;
  /** Is sent although the page is left meanwhile. Browsers take at most 64 KiB of body for such calls. */
  readonly keepalive?: boolean;
}

export interface SliceOptions extends CallOptions {
  /** Width and centre of the shown values; without it the image's own window. */
  readonly window?: { readonly width: number; readonly level: number };
}

export interface FrameOptions extends CallOptions {
  /** Ask for the content of the changed box: the object's own mask, or the merged label map. */
  readonly frame?: "mask" | "labels";
  /** What becomes of other objects where this one grows; `keep` without it. */
  readonly others?: Others;
}

export function slicePath(axis: Axis, index: number, { window }: SliceOptions = {}): string {
  const query = new URLSearchParams();
  if (window) {
    query.set("window", String(window.width));
    query.set("level", String(window.level));
  }
  return `/api/slice/${axis}/${index}${queryText(query)}`;
}

export function queryText(query: URLSearchParams): string {
  return query.size === 0 ? "" : `?${query}`;
}
