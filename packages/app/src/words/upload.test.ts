import { expect, test } from "vitest";
import { uploadWords } from "./upload.ts";

test("percent, speed and time left", () => {
  const words = uploadWords({ sent: 12_000_000, total: 48_000_000, startedAt: 1000, now: 3000 });
  expect(words).toEqual({ percent: 25, text: "12.0 MB of 48.0 MB · 6.0 MB/s · 6 s left" });
});

test("no speed is claimed in the first half second", () => {
  const words = uploadWords({ sent: 12_000_000, total: 48_000_000, startedAt: 1000, now: 1400 });
  expect(words.text).toBe("12.0 MB of 48.0 MB");
});

test("all sent is not yet all done", () => {
  const words = uploadWords({ sent: 1500, total: 1500, startedAt: 0, now: 900 });
  expect(words).toEqual({ percent: 100, text: "1.5 kB sent · the server reads the scan …" });
});

test("99.9 percent is not 100", () => {
  expect(uploadWords({ sent: 999, total: 1000, startedAt: 0, now: 100 }).percent).toBe(99);
});
