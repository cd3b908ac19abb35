import type { VoxelArray } from "@septum/volume";
import { paletteSide } from "../labels/palette.ts";
import type { Tile } from "../planes.ts";
import { compile, createTexture, type SliceProgram } from "./gl.ts";
import type { Sampler } from "./slice-shader.ts";

/** How slices are shown; `lower` and `upper` in stored numbers. */
export interface SliceLook {
  readonly lower: number;
  readonly upper: number;
  /** Opacity of labels, and of the line around them, on top of each label's own. */
  readonly fill: number;
  readonly outline: number;
  /** The label whose own mask is flagged in the slices; 0: none is. */
  readonly active: number;
  /** Colour of the preview, 0 to 1, and how much of it. */
  readonly preview: readonly [red: number, green: number, blue: number, opacity: number];
}

/** The pictures of one plane's slice on the graphics card. */
export interface SliceTextures {
  readonly columns: number;
  readonly rows: number;
  readonly image: WebGLTexture;
  readonly labels: WebGLTexture;
}

/** Width of the line around a label, in CSS pixels. */
const outlineWidth = 1.3;

/** Draws slices with WebGL 2: window, colours and outlines are uniforms, so that changing them uploads nothing. */
export interface SlicePainter {
  /** Makes the textures of a slice for voxels of that type. */
  makeSlice(voxels: VoxelArray, columns: number, rows: number): SliceTextures;
  dropSlice(slice: SliceTextures): void;
  /** Rows of grey values, columns fastest, as `bufferFor` made them. */
  uploadImage(slice: SliceTextures, values: VoxelArray): void;
  /** Part of the labels: two numbers per voxel, label and flags. */
  uploadLabels(
    slice: SliceTextures,
    column: number,
    row: number,
    columns: number,
    rows: number,
    values: Uint16Array,
  ): void;
  setPalette(palette: Uint8Array): void;
  /** Makes everything black. */
  clear(width: number, height: number): void;
  draw(tile: Tile, slice: SliceTextures, look: SliceLook, ratio: number): void;
  dispose(): void;
}

interface Texels {
  readonly internal: number;
  readonly format: number;
  readonly type: number;
  readonly sampler: Sampler;
}

export function createSlicePainter(gl: WebGL2RenderingContext): SlicePainter {
  const programs = new Map<Sampler, SliceProgram>();
  const samplers = new Map<WebGLTexture, Texels>();
  const palette = createTexture(gl);
  gl.bindTexture(gl.TEXTURE_2D, palette);
  gl.texStorage2D(gl.TEXTURE_2D, 1, gl.RGBA8, paletteSide, paletteSide);
  gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
  gl.bindVertexArray(gl.createVertexArray());

  function texelsOf(voxels: VoxelArray): Texels {
    if (voxels instanceof Int8Array)
      return { internal: gl.R8I, format: gl.RED_INTEGER, type: gl.BYTE, sampler: "isampler2D" };
    if (voxels instanceof Int16Array) {
      return { internal: gl.R16I, format: gl.RED_INTEGER, type: gl.SHORT, sampler: "isampler2D" };
    }
    if (voxels instanceof Uint8Array) {
      return { internal: gl.R8UI, format: gl.RED_INTEGER, type: gl.UNSIGNED_BYTE, sampler: "usampler2D" };
    }
    if (voxels instanceof Uint16Array) {
      return { internal: gl.R16UI, format: gl.RED_INTEGER, type: gl.UNSIGNED_SHORT, sampler: "usampler2D" };
    }
    return { internal: gl.R32F, format: gl.RED, type: gl.FLOAT, sampler: "sampler2D" };
  }

  function programFor(sampler: Sampler): SliceProgram {
    let program = programs.get(sampler);
    if (!program) {
      program = compile(gl, sampler);
      programs.set(sampler, program);
    }
    return program;
  }

  return {
    makeSlice(voxels, columns, rows) {
      const texels = texelsOf(voxels);
      const image = createTexture(gl);
      gl.bindTexture(gl.TEXTURE_2D, image);
      gl.texStorage2D(gl.TEXTURE_2D, 1, texels.internal, columns, rows);
      samplers.set(image, texels);
      const labels = createTexture(gl);
      gl.bindTexture(gl.TEXTURE_2D, labels);
      gl.texStorage2D(gl.TEXTURE_2D, 1, gl.RG16UI, columns, rows);
      return { columns, rows, image, labels };
    },
    dropSlice({ image, labels }) {
      samplers.delete(image);
      gl.deleteTexture(image);
      gl.deleteTexture(labels);
    },
    uploadImage({ image, columns, rows }, values) {
      const texels = samplers.get(image);
      if (!texels) return;
      gl.bindTexture(gl.TEXTURE_2D, image);
      gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, columns, rows, texels.format, texels.type, values);
    },
    uploadLabels({ labels }, column, row, columns, rows, values) {
      gl.bindTexture(gl.TEXTURE_2D, labels);
      gl.texSubImage2D(gl.TEXTURE_2D, 0, column, row, columns, rows, gl.RG_INTEGER, gl.UNSIGNED_SHORT, values);
    },
    setPalette(values) {
      gl.bindTexture(gl.TEXTURE_2D, palette);
      gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, paletteSide, paletteSide, gl.RGBA, gl.UNSIGNED_BYTE, values);
    },
    clear(width, height) {
      gl.disable(gl.SCISSOR_TEST);
      gl.viewport(0, 0, width, height);
      gl.clearColor(0, 0, 0, 1);
      gl.clear(gl.COLOR_BUFFER_BIT);
    },
    draw({ rect, horizontal, vertical }, slice, look, ratio) {
      const texels = samplers.get(slice.image);
      if (!texels) return;
      const { program, at } = programFor(texels.sampler);
      const height = gl.drawingBufferHeight;
      const left = Math.round(rect.x * ratio);
      const bottom = height - Math.round((rect.y + rect.height) * ratio);
      gl.viewport(left, bottom, Math.round(rect.width * ratio), Math.round(rect.height * ratio));
      // biome-ignore lint/correctness/useHookAtTopLevel: WebGL's word, not a hook of React's
      gl.useProgram(program);
      // Texels per device pixel, and the texel at the lower left corner of the whole picture.
      const across = slice.columns / (horizontal[1] - horizontal[0]) / ratio;
      const up = slice.rows / (vertical[0] - vertical[1]) / ratio;
      const firstColumn = -horizontal[0] * across * ratio;
      const firstRow = -(height / ratio - vertical[0]) * up * ratio;
      gl.uniform4f(at.place, across, up, firstColumn, firstRow);
      const { lower, upper, fill, outline, active, preview } = look;
      gl.uniform2f(at.lower, lower, 1 / (upper - lower || 1e-6));
      gl.uniform1f(at.fill, fill);
      gl.uniform1f(at.outline, outline);
      gl.uniform2f(at.reach, Math.abs(across) * outlineWidth * ratio, Math.abs(up) * outlineWidth * ratio);
      gl.uniform4f(at.preview, ...preview);
      gl.uniform1i(at.chosen, active);
      for (const [unit, texture] of [slice.image, slice.labels, palette].entries()) {
        gl.activeTexture(gl.TEXTURE0 + unit);
        gl.bindTexture(gl.TEXTURE_2D, texture);
      }
      gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
      gl.activeTexture(gl.TEXTURE0);
    },
    dispose() {
      gl.getExtension("WEBGL_lose_context")?.loseContext();
    },
  };
}

/** Room for one slice of a volume; what the graphics card has no whole numbers for becomes 32-bit floating point. */
export function bufferFor(voxels: VoxelArray, length: number): VoxelArray {
  if (voxels instanceof Int8Array) return new Int8Array(length);
  if (voxels instanceof Uint8Array) return new Uint8Array(length);
  if (voxels instanceof Int16Array) return new Int16Array(length);
  if (voxels instanceof Uint16Array) return new Uint16Array(length);
  return new Float32Array(length);
}
