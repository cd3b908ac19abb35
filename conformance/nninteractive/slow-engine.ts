import type { Engine } from "@septum/server";

type OpenImage = Awaited<ReturnType<Engine["openImage"]>>;
type SegmentObject = Awaited<ReturnType<OpenImage["object"]>>;

/** The same engine on a device that takes `ms` longer for every prompt. */
export function slowDown(engine: Engine, ms: number): Engine {
  return withOwn(engine, {
    openImage: async (...args) => slowImage(await engine.openImage(...args), ms),
  });
}

function slowImage(image: OpenImage, ms: number): OpenImage {
  const object: OpenImage["object"] = async (...args) => slowObject(await image.object(...args), ms);
  return withOwn(image, { object });
}

function slowObject(object: SegmentObject, ms: number): SegmentObject {
  return withOwn(object, {
    async apply(...args) {
      await new Promise((resolve) => setTimeout(resolve, ms));
      return object.apply(...args);
    },
  });
}

/** `whole` with some of its members replaced; the others, getters too, are its own. */
function withOwn<T extends object>(whole: T, own: Partial<T>): T {
  return Object.assign(Object.create(whole), own);
}
