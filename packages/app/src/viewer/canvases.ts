import { drawsInSoftware } from "./software.ts";

/** What the picture is made of, from below: the slices, the 3D view in its own place, and what is drawn above both. */
export interface Canvases {
  readonly slices: HTMLCanvasElement;
  readonly gl: WebGL2RenderingContext;
  readonly bodyHost: HTMLDivElement;
  readonly body: HTMLCanvasElement;
  readonly overlay: HTMLCanvasElement;
  readonly context: CanvasRenderingContext2D;
  /** Fits the canvases to their host. */
  fit(): void;
}

/** Throws when the browser has no WebGL 2. */
export function addCanvases(host: HTMLElement): Canvases {
  const slices = host.appendChild(document.createElement("canvas"));
  const bodyHost = host.appendChild(document.createElement("div"));
  const body = bodyHost.appendChild(document.createElement("canvas"));
  const overlay = host.appendChild(document.createElement("canvas"));
  slices.className = "viewer-picture";
  bodyHost.className = "viewer-body";
  overlay.className = "viewer-overlay";
  const gl = slices.getContext("webgl2", { alpha: false, antialias: false, depth: false, stencil: false });
  // Without a graphics card lines are drawn as fast by the page itself, which then never waits for the pictures before.
  const context = overlay.getContext("2d", { willReadFrequently: gl !== null && drawsInSoftware(gl) });
  if (!gl || !context) {
    throw new Error("This browser has no WebGL 2, which drawing scans needs. Switch on hardware acceleration.");
  }
  return {
    slices,
    gl,
    bodyHost,
    body,
    overlay,
    context,
    fit() {
      for (const canvas of [slices, overlay]) {
        canvas.width = Math.max(1, Math.round(host.clientWidth * devicePixelRatio));
        canvas.height = Math.max(1, Math.round(host.clientHeight * devicePixelRatio));
      }
    },
  };
}
