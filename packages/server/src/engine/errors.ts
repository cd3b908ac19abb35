import * as segmentPackage from "@septum/segment";
import * as volumePackage from "@septum/volume";
import { ExportMismatchError } from "./export/exported.ts";
import { MaskFileError } from "./mask-file.ts";

/** The image's thread is gone, and with it what it knew of the image: open the image again from its file and saved objects. */
export class ImageLostError extends Error {
  override readonly name = "ImageLostError";
}

/** The thread that did the work stopped, as when memory ran out. Nothing was changed: it can be tried again. */
export class TaskLostError extends Error {
  override readonly name = "TaskLostError";
}

/** The engine is shutting down. */
export class EngineClosedError extends Error {
  override readonly name = "EngineClosedError";
  constructor(message = "The engine is closed: it takes no more work") {
    super(message);
  }
}

/** An error as it crosses between threads, where a class would be lost. */
export interface EncodedError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  /** Own fields beyond those of every `Error`. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly cause?: EncodedError;
}

type ErrorClass = abstract new (...args: never[]) => Error;

/** By name. */
const classes = new Map<string, ErrorClass>();

/**
 * Adds the error classes among a package's exports to those that keep their identity when they arrive in this thread. A
 * thread that does not know a class passes its errors on with name and fields, for one that does.
 */
export function knowErrors(exports: Readonly<Record<string, unknown>>): void {
  for (const value of Object.values(exports)) {
    if (typeof value === "function" && value.prototype instanceof Error) classes.set(value.name, value as ErrorClass);
  }
}

knowErrors(volumePackage);
knowErrors(segmentPackage);
knowErrors({
  ImageLostError,
  TaskLostError,
  EngineClosedError,
  ExportMismatchError,
  MaskFileError,
  RangeError,
  TypeError,
});

export function encodeError(error: unknown): EncodedError {
  if (!(error instanceof Error)) return { name: "Error", message: String(error), fields: {} };
  const { name, message, stack, cause } = error;
  const fields: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(error)) {
    if (key !== "name" && key !== "cause" && isPlain(value)) fields[key] = value;
  }
  return { name, message, stack, fields, cause: cause === undefined ? undefined : encodeError(cause) };
}

/** The error as its own class when that is known, otherwise an `Error` of that name. Its stack is the thrower's. */
export function decodeError({ name, message, stack, fields, cause }: EncodedError): Error {
  if (name === "AbortError" || name === "TimeoutError") return new DOMException(message, name);
  const error = new Error(message, cause ? { cause: decodeError(cause) } : undefined);
  const known = classes.get(name);
  if (known) Object.setPrototypeOf(error, known.prototype);
  error.name = name;
  if (stack !== undefined) error.stack = stack;
  return Object.assign(error, fields);
}

function isPlain(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isPlain);
  return value === null || ["string", "number", "boolean", "undefined"].includes(typeof value);
}
