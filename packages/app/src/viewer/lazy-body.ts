import type { BodyView } from "./body/body-view.ts";
import type { Rect } from "./planes.ts";

/** The 3D view, made when it is first shown: NiiVue is most of the page's code, and the slices do not wait for it. */
export interface LazyBody {
  readonly view: BodyView | undefined;
  /** Puts it there, or hides it. */
  place(rect: Rect | undefined): void;
  dispose(): void;
}

/** `onMade` is told once it is there. */
export function createLazyBody(
  host: HTMLDivElement,
  canvas: HTMLCanvasElement,
  onMade: (view: BodyView) => void,
  onPaint: () => void,
): LazyBody {
  let view: BodyView | undefined;
  let asked = false;
  let disposed = false;

  async function make(): Promise<void> {
    asked = true;
    try {
      const { createBodyView } = await import("./body/body-view.ts");
      const made = await createBodyView(canvas, onPaint);
      if (disposed) return made.dispose();
      view = made;
      onMade(made);
    } catch (error) {
      host.textContent = `No 3D view: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  return {
    get view() {
      return view;
    },
    place(rect) {
      host.hidden = rect === undefined;
      if (!rect) return;
      const { style } = host;
      [style.left, style.top, style.width, style.height] = [rect.x, rect.y, rect.width, rect.height].map(
        (part) => `${part}px`,
      );
      view?.resize();
      if (!asked) void make();
    },
    dispose() {
      disposed = true;
      view?.dispose();
    },
  };
}
