import type { FastifyBaseLogger } from "fastify";
import type { ImageInfo } from "../engine/engine.ts";
import type { LifeEvent, SessionObserver } from "../sessions/observer.ts";
import { answerTo } from "./error-answer.ts";
import { shortId } from "./logging.ts";

/** One line at `info` for every event of a session's life: its short id, sizes and times, nothing of what it shows. */
export function logLife(log: FastifyBaseLogger): SessionObserver {
  return ({ id }, event) => {
    const [fields, message] = describe(event);
    log.info({ session: shortId(id), ...fields }, message);
  };
}

function describe(event: LifeEvent): readonly [fields: object, message: string] {
  switch (event.type) {
    case "created":
      return [{}, "session created"];
    case "uploaded":
      return [{ ...imageFields(event.info), bytes: event.bytes, seconds: rounded(event.seconds) }, "image opened"];
    case "refused":
      return [{ code: answerTo(event.error).body.code }, "image refused"];
    case "reopened":
      return [{ ...imageFields(event.info), seconds: rounded(event.seconds) }, "session reopened"];
    case "ran": {
      const { outcome, objects, passes, seconds } = event;
      return [{ outcome, objects, passes, seconds: rounded(seconds) }, "run ended"];
    }
    case "rested":
      return [{ bytes: event.bytes }, "session rested"];
    case "expired":
      return [{}, "session expired"];
    case "deleted":
      return [{}, "session deleted"];
  }
}

function imageFields({ size, dtype }: ImageInfo) {
  return { shape: size, dtype };
}

function rounded(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
