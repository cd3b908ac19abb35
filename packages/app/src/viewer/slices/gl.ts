import { fragmentSource, type Sampler, vertexSource } from "./slice-shader.ts";

const uniforms = ["place", "lower", "fill", "outline", "reach", "preview", "chosen"] as const;
const textures = ["image", "labels", "palette"] as const;

export interface SliceProgram {
  readonly program: WebGLProgram;
  readonly at: Readonly<Record<(typeof uniforms)[number], WebGLUniformLocation | null>>;
}

/** Throws when the browser's compiler does not take the program. */
export function compile(gl: WebGL2RenderingContext, sampler: Sampler): SliceProgram {
  const program = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, vertexSource],
    [gl.FRAGMENT_SHADER, fragmentSource(sampler)],
  ] as const) {
    const shader = gl.createShader(type);
    if (!shader) throw new Error("The browser stopped drawing with the graphics card.");
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    gl.deleteShader(shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
    throw new Error(`This browser cannot draw slices: ${gl.getProgramInfoLog(program)}`);
  }
  // biome-ignore lint/correctness/useHookAtTopLevel: WebGL's word, not a hook of React's
  gl.useProgram(program);
  for (const [unit, name] of textures.entries()) gl.uniform1i(gl.getUniformLocation(program, name), unit);
  const at = Object.fromEntries(uniforms.map((name) => [name, gl.getUniformLocation(program, name)]));
  return { program, at: at as SliceProgram["at"] };
}

/** A texture whose texels are looked up one by one. */
export function createTexture(gl: WebGL2RenderingContext): WebGLTexture {
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  for (const filter of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER])
    gl.texParameteri(gl.TEXTURE_2D, filter, gl.NEAREST);
  for (const wrap of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, wrap, gl.CLAMP_TO_EDGE);
  return texture;
}
