import { randomUUID } from "node:crypto";
import { HttpError } from "../http/http-error.ts";

/** A run of several numbered points, as the rest of the session sees it. */
export interface RunInProgress {
  /** Tells it from other runs. */
  readonly id: string;
  readonly numbers: readonly number[];
  /** Aborts when the whole run is to end. */
  readonly signal: AbortSignal;
  /** Ends the run; objects already done stay. */
  stop(reason: HttpError): void;
  /** Leaves this number out: its point was removed. The pass under way is stopped. */
  skip(number: number): void;
  isSkipped(number: number): boolean;
  /** A signal for the work on one number, which also aborts when it is skipped. */
  begin(number: number): AbortSignal;
}

export function startRun(numbers: readonly number[], signal: AbortSignal): RunInProgress {
  const whole = new AbortController();
  const skipped = new Set<number>();
  let current: { number: number; controller: AbortController } | undefined;
  const runSignal = AbortSignal.any([signal, whole.signal]);
  return {
    id: randomUUID(),
    numbers,
    signal: runSignal,
    stop: (reason) => whole.abort(reason),
    skip(number) {
      skipped.add(number);
      if (current?.number === number) current.controller.abort(new HttpError("aborted", `Point ${number} was removed`));
    },
    isSkipped: (number) => skipped.has(number),
    begin(number) {
      current = { number, controller: new AbortController() };
      return AbortSignal.any([runSignal, current.controller.signal]);
    },
  };
}
