import type { SavedParts } from "@septum/segment";
import type { OpenImage, SegmentObject } from "../engine/engine.ts";

/**
 * A session's image in memory with the objects on it. Those who use it are counted, so that it is closed only when the
 * last of them has left: a slice being read survives the upload that replaces its image.
 */
export class OpenedImage {
  readonly image: OpenImage;
  readonly #objects = new Map<number, SegmentObject>();
  #users = 0;
  #retired = false;

  constructor(image: OpenImage) {
    this.image = image;
  }

  get users(): number {
    return this.#users;
  }

  /** No longer the session's image: not to be used by anybody new. */
  get retired(): boolean {
    return this.#retired;
  }

  async use<T>(work: () => Promise<T>): Promise<T> {
    this.#users++;
    try {
      return await work();
    } finally {
      this.#users--;
      this.#closeWhenDone();
    }
  }

  retire(): void {
    if (this.#retired) return;
    this.#retired = true;
    this.#closeWhenDone();
  }

  /** The object with this label if it is there, be it only on its way. */
  known(label: number): SegmentObject | undefined {
    return this.#objects.get(label);
  }

  /** The object with this label, made when it is new, or made again from what was saved of it. */
  async object(label: number, saved?: SavedParts): Promise<SegmentObject> {
    const known = this.#objects.get(label);
    if (known) return known;
    const object = await this.image.object(label, saved);
    this.#objects.set(label, object);
    return object;
  }

  removeObject(label: number): void {
    if (this.#objects.delete(label)) this.image.removeObject(label);
  }

  #closeWhenDone(): void {
    if (this.#retired && this.#users === 0) this.image.close();
  }
}
