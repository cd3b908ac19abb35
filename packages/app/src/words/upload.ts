import { bytesText } from "./amounts.ts";

export interface UploadState {
  readonly sent: number;
  readonly total: number;
  /** Milliseconds. */
  readonly startedAt: number;
  readonly now: number;
}

export interface UploadWords {
  readonly percent: number;
  /** `12.3 of 45.0 MB · 8.1 MB/s · 4 s left` */
  readonly text: string;
}

/** Everything sent and the server still at work is said as such: reading a large scan takes seconds. */
export function uploadWords({ sent, total, startedAt, now }: UploadState): UploadWords {
  if (total === 0) return { percent: 0, text: "Starting …" };
  const percent = Math.floor((100 * sent) / total);
  if (sent >= total) return { percent: 100, text: `${bytesText(total)} sent · the server reads the scan …` };
  const parts = [`${bytesText(sent)} of ${bytesText(total)}`];
  const seconds = (now - startedAt) / 1000;
  // The first fraction of a second measures the operating system's buffers, not the network.
  if (seconds > 0.5 && sent > 0) {
    const speed = sent / seconds;
    parts.push(`${bytesText(speed)}/s`, `${Math.ceil((total - sent) / speed)} s left`);
  }
  return { percent, text: parts.join(" · ") };
}
