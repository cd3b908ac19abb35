import type { MultipartFile } from "@fastify/multipart";
import type { FastifyRequest } from "fastify";
import { HttpError } from "../http/http-error.ts";

/** A multipart form as it arrives: parts come in the sender's order, and a file has to be read before what is behind it. */
export interface Form {
  /** The next file, which has to be in the part `name`. Throws `wrong_field`. */
  file(name: string): Promise<MultipartFile>;
  /** A field before or behind the files read so far; JSON is parsed already where it says what it is. */
  field(name: string): Promise<unknown>;
}

/** Throws `wrong_field` when the body is no form. */
export function readForm(request: FastifyRequest): Form {
  if (!request.isMultipart()) throw new HttpError("wrong_field", "Expected a multipart/form-data body");
  const parts = request.parts();
  const fields = new Map<string, unknown>();
  let waiting: MultipartFile | undefined;

  /** Reads on, keeping fields, until `found` or a file. */
  async function advance(found: () => boolean): Promise<void> {
    while (!waiting && !found()) {
      const { value: part, done } = await soon(parts.next());
      if (done) return;
      if (part.type === "file") waiting = part;
      else fields.set(part.fieldname, part.value);
    }
  }

  return {
    async file(name) {
      await advance(() => false);
      const file = waiting;
      waiting = undefined;
      if (!file) throw new HttpError("wrong_field", `Expected a file in the field \`${name}\`; no file came`);
      if (file.fieldname === name) return file;
      file.file.resume();
      throw new HttpError("wrong_field", `Expected a file in the field \`${name}\`, and not in \`${file.fieldname}\``);
    },
    async field(name) {
      await advance(() => fields.has(name));
      return fields.get(name);
    },
  };
}

/** Longest wait for the next part. */
const silenceMs = 60_000;

async function soon<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new HttpError("request_timeout", `No data came for ${silenceMs / 1000} seconds`);
    timer = setTimeout(() => reject(error), silenceMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** What a sender still has to say is let by, or it would not come to reading the answer. */
export function letRestBy(request: FastifyRequest): void {
  request.raw.unpipe().resume();
}
