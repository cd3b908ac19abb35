import { cmapper, Niivue, SLICE_TYPE } from "@niivue/niivue";
import type { Vec3 } from "@septum/volume";
import type { Placement } from "./layouts.ts";
import { planeNames, planes, type Rect, type Tile, type View } from "./planes.ts";

/** Room around a slice for the letters at its edges. */
const margin = 1.09;

/** Of the body in the 3D view, when there are objects to see in it. */
const bodyOpacity = 0.35;

const sliceTypes: Readonly<Record<View, SLICE_TYPE>> = {
  axial: SLICE_TYPE.AXIAL,
  coronal: SLICE_TYPE.CORONAL,
  sagittal: SLICE_TYPE.SAGITTAL,
  render: SLICE_TYPE.RENDER,
};

/**
 * NiiVue as we use it: it keeps the volume on the graphics card and draws slices and the 3D view. Mouse, keys, text,
 * crosshair and markers are ours, drawn on a canvas above.
 *
 * Three things differ from NiiVue itself: nothing is drawn before `paint`, so that a frame is drawn once however many
 * settings changed; a slice uses the whole of its tile when zoomed; and the 3D view, by far the most expensive, is left as
 * it stands when only slices moved.
 */
export class Scene extends Niivue {
  /** Called whenever something asks for a new picture. */
  onChange: (() => void) | undefined;
  private keepRender = false;
  /** The 3D surfaces are older than the labels. */
  private surfacesStale = false;
  private someLabels = false;
  private placements: readonly Placement[] = [];
  /** Width over height of each plane's tile. */
  private readonly aspect = new Map<number, number>();

  constructor() {
    super({
      interactive: false,
      dragAndDropEnabled: false,
      isRadiologicalConvention: true,
      sagittalNoseLeft: true,
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

  /** The context first, because NiiVue would not ask for a buffer that keeps its content between frames. */
  async attach(canvas: HTMLCanvasElement): Promise<void> {
    if (!canvas.getContext("webgl2", { alpha: true, antialias: false, preserveDrawingBuffer: true })) {
      throw new Error("This browser has no WebGL 2, which drawing scans needs. Switch on hardware acceleration.");
    }
    // A dozen programs to compile for meshes, which we never show.
    this.meshShaders = [];
    await this.attachToCanvas(canvas, false);
  }

  place(placements: readonly Placement[]): void {
    this.placements = placements;
    this.customLayout = placements.map(({ view, position }) => ({
      sliceType: sliceTypes[view],
      position: [...position],
    }));
    this.drawScene();
  }

  override drawScene(): void {
    this.onChange?.();
  }

  /** Draws now. `slicesOnly` leaves the 3D view's pixels from the last time. */
  paint(slicesOnly: boolean): void {
    const canvas = this.canvas;
    if (!canvas) return;
    this.keepRender = slicesOnly;
    for (const { view, position } of this.placements) {
      this.aspect.set(sliceTypes[view], (position[2] * canvas.width) / (position[3] * canvas.height));
    }
    if (this.surfacesStale && !slicesOnly) {
      this.surfacesStale = false;
      if (this.back?.dims) this.blurDrawingGL(this.back.dims);
    }
    super.drawScene();
    this.keepRender = false;
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

  override clearBounds(mask?: number, rect?: [number, number, number, number]): void {
    if (rect || !this.keepRender || !this.canvas) {
      super.clearBounds(mask, rect);
      return;
    }
    const { width, height } = this.canvas;
    for (const { view, position } of this.placements) {
      if (view === "render") continue;
      const [left, top, w, h] = position;
      super.clearBounds(mask, [left * width, top * height, w * width, h * height]);
    }
  }

  /** Objects are solid here, whatever their opacity in the slices, and the body around them is faint. */
  override draw3D(...args: Parameters<Niivue["draw3D"]>): string | undefined {
    if (!this.keepRender) {
      const { drawOpacity, renderShader, gl } = this;
      const solid = this.someLabels && drawOpacity > 0;
      renderShader?.use(gl);
      gl.uniform1f(renderShader?.uniforms.backOpacity ?? null, solid ? bodyOpacity : 1);
      this.drawOpacity = solid ? 1 : 0;
      const text = super.draw3D(...args);
      this.drawOpacity = drawOpacity;
      return text;
    }
    const rect = [...(args[0] ?? [0, 0, 0, 0])];
    this.screenSlices.push({
      leftTopWidthHeight: rect,
      axCorSag: SLICE_TYPE.RENDER,
      sliceFrac: 0,
      AxyzMxy: [],
      leftTopMM: [],
      fovMM: [0, 0],
    });
    return undefined;
  }

  /** A slice fills its tile; what the picture does not cover stays black. */
  override calculateWidthHeight(_view: number, _scale: number[], width: number, height: number): [number, number] {
    return [width, height];
  }

  override screenFieldOfViewExtendedVox(view = 0): ReturnType<Niivue["screenFieldOfViewExtendedVox"]> {
    const field = super.screenFieldOfViewExtendedVox(view);
    const aspect = this.aspect.get(view);
    if (!aspect) return field;
    const [width, height] = field.fovMM;
    const grow = [margin * Math.max(1, (aspect * height) / width), margin * Math.max(1, width / (aspect * height))];
    for (const axis of [0, 1] as const) {
      const centre = (field.mnMM[axis] + field.mxMM[axis]) / 2;
      const half = (field.fovMM[axis] * grow[axis]) / 2;
      field.mnMM[axis] = centre - half;
      field.mxMM[axis] = centre + half;
      field.fovMM[axis] = 2 * half;
    }
    return field;
  }

  /** The planes on the screen, in CSS pixels, as they were last painted. */
  tiles(): Tile[] {
    const dpr = this.uiData.dpr ?? 1;
    if (this.volumes.length === 0) return [];
    const first = this.frac2mm([0, 0, 0]);
    const last = this.frac2mm([1, 1, 1]);
    return this.screenSlices.flatMap((slice) => {
      const plane = planeNames.find((name) => sliceTypes[name] === slice.axCorSag);
      if (!plane) return [];
      const { across, up } = planes[plane];
      const [x, y, width, height] = slice.leftTopWidthHeight.map((part) => part / dpr);
      const right = (mm: number) => x + ((mm - slice.leftTopMM[0]) / slice.fovMM[0]) * width;
      const down = (mm: number) => y + (1 - (mm - slice.leftTopMM[1]) / slice.fovMM[1]) * height;
      return {
        plane,
        rect: { x, y, width, height },
        horizontal: [right(first[across]), right(last[across])] as const,
        vertical: [down(first[up]), down(last[up])] as const,
      };
    });
  }

  renderRect(): Rect | undefined {
    const dpr = this.uiData.dpr ?? 1;
    const slice = this.screenSlices.find(({ axCorSag }) => axCorSag === SLICE_TYPE.RENDER);
    if (!slice) return undefined;
    const [x, y, width, height] = slice.leftTopWidthHeight.map((part) => part / dpr);
    return { x, y, width, height };
  }

  /** Screen position of a place in the 3D view, in CSS pixels. */
  inRender(place: Vec3, rect: Rect): { readonly x: number; readonly y: number } {
    const dpr = this.uiData.dpr ?? 1;
    const box = [rect.x, rect.y, rect.width, rect.height].map((part) => part * dpr);
    const [matrix] = this.calculateMvpMatrix(null, box, this.scene.renderAzimuth, this.scene.renderElevation);
    const [mx, my, mz] = this.frac2mm([...place], 0, true);
    const [x, y] = this.calculateScreenPoint([mx, my, mz], matrix, box);
    return { x: x / dpr, y: y / dpr };
  }

  /** Colours of label values 0…255, `[red, green, blue]` each 0–255; value 0 is never shown. */
  setLabelColours(colours: readonly (readonly [number, number, number])[]): void {
    this.drawLut = cmapper.makeDrawLut({
      R: colours.map(([red]) => red),
      G: colours.map(([, green]) => green),
      B: colours.map(([, , blue]) => blue),
      A: colours.map((_, label) => (label === 0 ? 0 : 255)),
      I: colours.map((_, label) => label),
    });
    this.refreshColormaps();
    this.drawScene();
  }

  /** An empty label map over the whole displayed volume: uint8, x fastest. */
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
