import { noImage } from "../http/http-error.ts";
import { imageCost } from "./image-cost.ts";
import { OpenedImage } from "./opened-image.ts";
import { readObject } from "./saved-objects.ts";
import type { Session, SessionWorld } from "./session.ts";
import { findSegment, objectKey } from "./state.ts";

/** The image of a session while it is in memory: opened from the store when somebody needs it, one opening at a time. */
export class HeldImage {
  readonly #session: Session;
  readonly #world: SessionWorld;
  #opening: Promise<OpenedImage> | undefined;
  #opened: OpenedImage | undefined;

  constructor(session: Session, world: SessionWorld) {
    this.#session = session;
    this.#world = world;
  }

  /** Undefined while resting, and while it is on its way. */
  get opened(): OpenedImage | undefined {
    return this.#opened;
  }

  /** See `Session.useImage`. */
  async use<T>(use: (opened: OpenedImage) => Promise<T>): Promise<T> {
    const session = this.#session;
    for (;;) {
      if (!session.state.image) throw noImage();
      session.signal.throwIfAborted();
      const { imageRevision } = session.state;
      const opened = await this.#open().catch((error: unknown) => {
        if (imageRevision === session.state.imageRevision) throw error;
      });
      // Replaced by an upload while it was being opened.
      if (!opened || opened.retired) continue;
      return await opened.use(async () => {
        try {
          return await use(opened);
        } catch (error) {
          // Its thread is gone, not the work: all of it is on disk, for the next call to open.
          if (error instanceof Error && error.name === "ImageLostError") this.#forget(opened);
          throw error;
        }
      });
    }
  }

  /** Holds this one in place of the earlier one. */
  replace(opened: OpenedImage): void {
    this.close();
    this.#keep(opened);
  }

  close(): void {
    if (this.#opened) this.#forget(this.#opened);
  }

  #open(): Promise<OpenedImage> {
    if (this.#opening) return this.#opening;
    const opening = this.#openFromStore();
    this.#opening = opening;
    opening.catch(() => {
      if (this.#opening === opening) this.#opening = undefined;
    });
    return opening;
  }

  async #openFromStore(): Promise<OpenedImage> {
    const { info } = this.#session.state.image ?? {};
    const room = info && this.#world.memory.reserve(imageCost(info.size, info.dtype));
    try {
      return await this.#load();
    } finally {
      room?.release();
    }
  }

  async #load(): Promise<OpenedImage> {
    const session = this.#session;
    const { store, engine, maxImageBytes } = this.#world;
    const start = performance.now();
    const { imageRevision, image, segments } = session.state;
    const record = store.get(session.id);
    const path = record && store.imagePath(record);
    if (path === undefined) throw new Error("The image of a session is not in the store");
    const options = { signal: session.signal, maxBytes: maxImageBytes, frame: image?.frame };
    const opened = new OpenedImage(await engine.openImage(path, options));
    try {
      for (const { label } of segments) await opened.object(label, readObject(session, objectKey(label)));
      session.signal.throwIfAborted();
    } catch (error) {
      opened.retire();
      throw error;
    }
    // What happened in the meantime did not find this image to tell it.
    if (imageRevision !== session.state.imageRevision) opened.retire();
    else {
      for (const { label } of segments) if (!findSegment(session.state, label)) opened.removeObject(label);
      this.#keep(opened);
      const { info } = opened.image;
      session.tell({ type: "reopened", seconds: (performance.now() - start) / 1000, info });
    }
    return opened;
  }

  #keep(opened: OpenedImage): void {
    this.#opened = opened;
    this.#opening = Promise.resolve(opened);
  }

  #forget(opened: OpenedImage): void {
    if (this.#opened === opened) {
      this.#opened = undefined;
      this.#opening = undefined;
    }
    opened.retire();
  }
}
