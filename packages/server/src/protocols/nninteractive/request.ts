import { Readable } from "node:stream";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { HttpError } from "../../http/http-error.ts";

/** Names of the headers of this protocol. */
export const leaseHeader = "x-lease-token";
export const metaHeader = "X-Meta";

const flag = z.boolean();
const range = z.tuple([z.number(), z.number()]);
export const boxSchema = z.tuple([range, range, range]);

const asPrompt = {
  include_interaction: flag,
  run_prediction: flag.default(true),
  // Which kinds of prompt the model takes cannot be overridden here: it is part of how it was trained.
  override_capability_checks: flag.default(false),
};

/** What the calls carry, as JSON body or in `X-Meta` (spec §1.7). */
export const bodies = {
  point: z.object({ coordinates: z.tuple([z.number(), z.number(), z.number()]), ...asPrompt }),
  box: z.object({ bbox_coords: boxSchema, ...asPrompt }),
  drawing: z.object({ interaction_bbox: boxSchema.nullish(), ...asPrompt }),
  initialSeg: z.object({ run_prediction: flag.default(false), override_capability_checks: flag.default(false) }),
  image: z.object({ image_properties: z.object({ spacing: z.unknown() }).partial().nullish() }),
  autozoom: z.object({ do_autozoom: flag }),
  predict: z.object({ force_full_refine: flag.default(false) }),
  buffer: z.object({
    shape: z.tuple([z.int().positive(), z.int().positive(), z.int().positive()]),
    dtype: z.string(),
  }),
  nothing: z.object({}),
};

/** The body is no JSON object, which the official server tells apart from one with wrong fields. */
export class NotJsonError extends Error {
  override readonly name = "NotJsonError";
}

/** The JSON body. Throws `NotJsonError`, `bad_request`, `too_large`. */
export async function readBody<T>(request: FastifyRequest, schema: z.ZodType<T>): Promise<T> {
  const bytes = await readBytes(request, request.server.initialConfig.bodyLimit ?? 2 ** 20);
  const value = parse(Buffer.from(bytes).toString("utf8"));
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new NotJsonError("Expected a JSON object as the body");
  }
  return checked(value, schema);
}

/** What `X-Meta` says. Throws `bad_request`. */
export function readMeta<T>({ headers }: FastifyRequest, schema: z.ZodType<T>): T {
  const text = headers["x-meta"];
  if (text === undefined) return checked({}, schema);
  const value = parse(String(text));
  if (value === undefined) throw new HttpError("bad_request", "X-Meta is not JSON");
  return checked(value, schema);
}

function checked<T>(value: unknown, schema: z.ZodType<T>): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [{ path, message }] = result.error.issues;
  throw new HttpError("bad_request", `${path.join(".") || "The request"}: ${message}`);
}

/** Undefined when it is not JSON. Python's words for what is no number are taken as null. */
function parse(text: string): unknown {
  const plain = text.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (token) =>
    token.startsWith('"') ? token : "null",
  );
  try {
    return JSON.parse(plain);
  } catch {
    return undefined;
  }
}

/** The whole body, in memory. Throws `too_large` as soon as it is more than `limit`. */
export async function readBytes(request: FastifyRequest, limit: number): Promise<Uint8Array> {
  const tooLarge = () => new HttpError("too_large", `The body is larger than the ${limit} bytes it may be here`);
  if (Number(request.headers["content-length"] ?? 0) > limit) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of bodyOf(request)) {
    length += chunk.length;
    if (length > limit) throw tooLarge();
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** The body as it comes, which routes of this protocol leave unread. What is not read is let by, for the answer to be read. */
export function bodyOf({ raw }: FastifyRequest): Readable {
  return Readable.from(raw.iterator({ destroyOnReturn: false }));
}
