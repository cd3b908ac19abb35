import { cmapper, Niivue, SLICE_TYPE } from "@niivue/niivue";
import type { Vec3 } from "@septum/volume";

/** Of the body, when there are objects to see in it. */
const bodyOpacity = 0.6;

/**
 * NiiVue as we use it: for the 3D view alone. Nothing is drawn before `paint`, so that a frame is drawn once however many
 * settings changed.
 */
export class Scene extends Niivue {
  /** Called whenever something asks for a new picture. */
  onChange: (() => void) | undefined;
  /** The 3D surfaces are older than the labels. */
  private surfacesStale = false;
  private someLabels = false;

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

  /** Draws now. */
  paint(): void {
    if (this.surfacesStale) {
      this.surfacesStale = false;
      if (this.back?.dims) this.blurDrawingGL(this.back.dims);
    }
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
    const { canvas } = this;
    const dpr = this.uiData.dpr ?? 1;
    const box = [0, 0, canvas?.width ?? 1, canvas?.height ?? 1];
    const [matrix] = this.calculateMvpMatrix(null, box, this.scene.renderAzimuth, this.scene.renderElevation);
    const [mx, my, mz] = this.frac2mm([...place], 0, true);
    const [x, y] = this.calculateScreenPoint([mx, my, mz], matrix, box);
    return { x: x / dpr, y: y / dpr };
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

  /** An empty label map over the whole volume: uint8, x fastest. */
  emptyLabels(): Uint8Array {
    this.createEmptyDrawing();
    // NiiVue's click-to-segment would keep a second copy of the volume for its preview; we have none.
    this.clickToSegmentGrowingBitmap = null;
    this.gl.deleteTexture(this.drawSmoothedTexture);
    this.drawSmoothedTexture = null;
    this.someLabels = false;
    const map = this.drawBitmap;
    if (!map) throw new Error("NiiVue made no drawing layer for the scan.");
    return map;
  }

  /** Sends one box of labels, x fastest, to the graphics card; `some`: there are labels anywhere. */
  uploadLabels(lower: Vec3, size: Vec3, labels: Uint8Array, some: boolean): void {
    const { gl } = this;
    gl.activeTexture(gl.TEXTURE7);
    gl.bindTexture(gl.TEXTURE_3D, this.drawTexture);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    const [x, y, z] = lower;
    gl.texSubImage3D(gl.TEXTURE_3D, 0, x, y, z, size[0], size[1], size[2], gl.RED, gl.UNSIGNED_BYTE, labels);
    this.someLabels = some;
    this.surfacesStale = true;
    this.drawScene();
  }
}
