import { errorStatus, isErrorCode } from "@septum/protocol";
import { expect } from "vitest";
import type { Called } from "../src/testing/harness.ts";

/** An error is of the one shape, of its code's status, and tells nothing about the server. */
export function expectAnswer({ status, body, raw }: Called): void {
  expect(status).toBeLessThan(500);
  if (status < 400) return;
  expect(Object.keys(body)).toEqual(["detail", "code"]);
  expect(isErrorCode(body.code) && errorStatus[body.code as keyof typeof errorStatus]).toBe(status);
  expect(raw.toString()).not.toMatch(/node_modules|packages\/|\/tmp|at \w+ \(|\.ts:/);
}
