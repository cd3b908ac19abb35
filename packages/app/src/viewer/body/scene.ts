import { cmapper, Niivue, SLICE_TYPE } from "@niivue/niivue";
import type { Box, Vec3 } from "@septum/volume";

/** Of the body, when there are objects to see in it. */
const bodyOpacity = 0.6;

/**
 * NiiVue as we use it: for the 3D view alone. Nothing is drawn before `paint`, so that a frame is drawn once however many
 * settings changed.
 */
export class Scene extends Niivue {
  /** Called whenever something asks for a new picture. */
  onChange: (() => void) | undefined;
  private someLabels = false;
  /** In CSS pixels. */
  private viewSize: [number, number] = [1, 1];

  constructor() {
    super({
      interactive: false,
      dragAndDropEnabled: false,
      isOrientationTextVisible: false,
      crosshairWidth: 0,
      show3Dcrosshair: false,
      backColor: [0, 0, 0, 1],
      loadingText: "",
      logLevel: "error",
      isAntiAlias: false,
      // Its own way sets the canvas's size at any time; `paint` does before a picture.
      isResizeCanvas: false,
      smoothDrawing: 1,
    });
    this.scene.renderAzimuth = 160;
    this.scene.renderElevation = 12;
  }

  async attach(canvas: HTMLCanvasElement): Promise<void> {
    // A dozen programs to compile for meshes, which we never show.
    this.meshShaders = [];
    await this.attachToCanvas(canvas, false);
    this.setSliceType(SLICE_TYPE.RENDER);
  }

  override drawScene(): void {
    this.onChange?.();
  }

  /**
   * Draws now, for a view of that size in CSS pixels. A picture at a part of the full resolution is drawn in the corner of the
   * canvas, which is enlarged instead: a canvas that changes its size waits for the graphics card.
   */
  paint(width: number, height: number, scale: number): void {
    const { canvas } = this;
    if (!canvas) return;
    const [columns, rows] = [width, height].map((length) => Math.max(1, Math.round(length * devicePixelRatio)));
    if (canvas.width !== columns || canvas.height !== rows) {
      canvas.width = columns;
      canvas.height = rows;
    }
    this.viewSize = [width, height];
    this.uiData.dpr = devicePixelRatio;
    // Counted upwards; the upper left corner.
    this.opts.bounds = [
      [0, 1 - scale],
      [scale, 1],
    ];
    canvas.style.transform = scale < 1 ? `scale(${1 / scale})` : "";
    super.drawScene();
  }

  /**
   * NiiVue computes the gradient of the whole volume here, for lighting that we do not use: eight bytes of graphics memory
   * per voxel, two draws per slice, and two questions for the framebuffer's status, each waiting until the graphics process
   * has caught up. From where that part begins to its end, nothing is drawn.
   */
  override refreshLayers(...args: Parameters<Niivue["refreshLayers"]>): void {
    const { gl, blurShader } = this;
    const covered = ["checkFramebufferStatus", "framebufferTextureLayer", "drawArrays"] as const;
    const idle = () => {
      for (const name of covered) {
        const answer = name === "checkFramebufferStatus" ? gl.FRAMEBUFFER_COMPLETE : undefined;
        Object.defineProperty(gl, name, { value: () => answer, configurable: true });
      }
    };
    this.blurShader = Object.create(blurShader, { uniforms: { value: {} }, use: { value: idle } });
    try {
      super.refreshLayers(...args);
    } finally {
      this.blurShader = blurShader;
      // Uncovers the context's own methods.
      for (const name of covered) Reflect.deleteProperty(gl, name);
    }
  }

  /** The gradient's two textures, and one for probabilistic atlases: none of them is ever looked at. */
  override rgbaTex(...[texture, unit, size, clear]: Parameters<Niivue["rgbaTex"]>): WebGLTexture | null {
    const unused = unit === this.gl.TEXTURE6 || unit === this.gl.TEXTURE8;
    return super.rgbaTex(texture, unit, unused ? [2, 2, 2, 2] : size, clear);
  }

  /** Objects are solid here, whatever their opacity in the slices, and the body around them is faint. */
  override draw3D(...args: Parameters<Niivue["draw3D"]>): string | undefined {
    const { drawOpacity, renderShader, gl } = this;
    const solid = this.someLabels && drawOpacity > 0;
    renderShader?.use(gl);
    gl.uniform1f(renderShader?.uniforms.backOpacity ?? null, solid ? bodyOpacity : 1);
    this.drawOpacity = solid ? 1 : 0;
    const text = super.draw3D(...args);
    this.drawOpacity = drawOpacity;
    return text;
  }

  /** Screen position of a place in the volume, in CSS pixels from the canvas's corner. */
  project(place: Vec3): { readonly x: number; readonly y: number } {
    const box = [0, 0, ...this.viewSize];
    const [matrix] = this.calculateMvpMatrix(null, box, this.scene.renderAzimuth, this.scene.renderElevation);
    const [mx, my, mz] = this.frac2mm([...place], 0, true);
    const [x, y] = this.calculateScreenPoint([mx, my, mz], matrix, box);
    return { x, y };
  }

  /** Colours of the label map's values from 0, `[red, green, blue]` each 0–255; value 0 is never shown. */
  setLabelColours(colours: readonly (readonly [number, number, number])[], opacities: readonly number[]): void {
    this.drawLut = cmapper.makeDrawLut({
      R: colours.map(([red]) => red),
      G: colours.map(([, green]) => green),
      B: colours.map(([, , blue]) => blue),
      A: opacities.map((opacity) => Math.round(255 * opacity)),
      I: colours.map((_, value) => value),
    });
    this.refreshColormaps();
    this.drawScene();
  }

  /** Makes room for labels over the whole volume; there are none. */
  addLabels(): void {
    this.createEmptyDrawing();
    // NiiVue's click-to-segment would keep a second copy of the volume for its preview; we have none.
    this.clickToSegmentGrowingBitmap = null;
    if (!this.drawBitmap || !this.back?.dims) throw new Error("NiiVue made no drawing layer for the scan.");
    this.makeSmoothed(this.back.dims);
    this.someLabels = false;
  }

  /** Its own way smooths all labels anew after each change: 27 reads per voxel, which are seconds without a graphics card. */
  private makeSmoothed([, width, height, depth]: readonly number[]): void {
    const { gl } = this;
    gl.deleteTexture(this.drawSmoothedTexture);
    this.drawSmoothedTexture = gl.createTexture();
    gl.activeTexture(smoothedUnit(gl));
    gl.bindTexture(gl.TEXTURE_3D, this.drawSmoothedTexture);
    for (const name of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) {
      gl.texParameteri(gl.TEXTURE_3D, name, gl.LINEAR);
    }
    for (const name of [gl.TEXTURE_WRAP_R, gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) {
      gl.texParameteri(gl.TEXTURE_3D, name, gl.CLAMP_TO_EDGE);
    }
    gl.texStorage3D(gl.TEXTURE_3D, 1, gl.R8, width, height, depth);
  }

  /** Sends the labels of one box, x fastest, to the graphics card. */
  uploadLabels(box: Box, labels: Uint8Array): void {
    this.uploadBytes(this.gl.TEXTURE7, this.drawTexture, box, labels);
  }

  /** Sends what surfaces are made of, 0 to 255 with the surface at the half. */
  uploadSmoothed(box: Box, smoothed: Uint8Array): void {
    this.uploadBytes(smoothedUnit(this.gl), this.drawSmoothedTexture, box, smoothed);
  }

  /** Whether there are labels anywhere: then the body around them is drawn faint. */
  setSomeLabels(some: boolean): void {
    this.someLabels = some;
    this.drawScene();
  }

  private uploadBytes(unit: number, texture: WebGLTexture | null, [xs, ys, zs]: Box, bytes: Uint8Array): void {
    const { gl } = this;
    gl.activeTexture(unit);
    gl.bindTexture(gl.TEXTURE_3D, texture);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    const [width, height, depth] = [xs[1] - xs[0], ys[1] - ys[0], zs[1] - zs[0]];
    const { TEXTURE_3D: target, RED: format, UNSIGNED_BYTE: type } = gl;
    gl.texSubImage3D(target, 0, xs[0], ys[0], zs[0], width, height, depth, format, type, bytes);
  }
}

/** Where NiiVue's shader looks for it. */
function smoothedUnit(gl: WebGL2RenderingContext): number {
  return gl.TEXTURE10;
}
