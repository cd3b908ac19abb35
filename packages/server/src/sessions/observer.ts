import type { ImageInfo } from "../engine/engine.ts";
import type { Session } from "./session.ts";

/** What happens in a session's life, as an operator wants to see it. Times are in seconds, sizes in bytes. */
export type LifeEvent =
  | { readonly type: "created" }
  /** A file was received, decoded and made the session's image. */
  | { readonly type: "uploaded"; readonly bytes: number; readonly seconds: number; readonly info: ImageInfo }
  /** A file was not taken; `error` is what the sender was answered. */
  | { readonly type: "refused"; readonly error: unknown }
  /** The image came back into memory from the store. */
  | { readonly type: "reopened"; readonly seconds: number; readonly info: ImageInfo }
  | {
      readonly type: "ran";
      readonly outcome: "completed" | "aborted" | "failed";
      readonly objects: number;
      readonly passes: number;
      readonly seconds: number;
    }
  /** Its memory was given back. */
  | { readonly type: "rested"; readonly bytes: number }
  | { readonly type: "expired" }
  | { readonly type: "deleted" };

/** Told of every event when it has happened. It must not throw: the session goes on regardless. */
export type SessionObserver = (session: Pick<Session, "id">, event: LifeEvent) => void;
