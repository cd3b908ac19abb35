/**
 * Where each output sample of one axis comes from, by the rules of PyTorch's `interpolate` with a given size,
 * `align_corners` false and no antialiasing (inference spec §6.3). A resize in 3D is these tables, axis by axis.
 */

/** `nearest`: source index of each of `outputs` samples. The product is rounded to float32, as PyTorch does. */
export function nearestSources(inputs: number, outputs: number): Int32Array<ArrayBuffer> {
  const scale = Math.fround(inputs / outputs);
  return Int32Array.from({ length: outputs }, (_, d) => Math.min(Math.floor(Math.fround(scale * d)), inputs - 1));
}

/** Half-open windows of source samples, one per output sample. */
export interface Windows {
  readonly lo: Int32Array;
  readonly hi: Int32Array;
}

/** `area`: the windows that are averaged; they overlap when `inputs / outputs` is not whole. */
export function areaWindows(inputs: number, outputs: number): Windows {
  return {
    lo: Int32Array.from({ length: outputs }, (_, d) => Math.floor((d * inputs) / outputs)),
    hi: Int32Array.from({ length: outputs }, (_, d) => Math.ceil(((d + 1) * inputs) / outputs)),
  };
}

/** Two neighbouring source samples and their weights, one of each per output sample. */
export interface LinearSources {
  readonly lower: Int32Array;
  readonly upper: Int32Array;
  /** Weights, rounded to float32. */
  readonly lowerWeight: Float32Array;
  readonly upperWeight: Float32Array;
}

/**
 * `linear`: position `max(0, scale * (d + 0.5) - 0.5)`, product and subtraction rounded to float32 once, as a fused
 * multiply-add does. Doubles hold the product exactly, so that one `fround` at the end is that rounding.
 */
export function linearSources(inputs: number, outputs: number): LinearSources {
  const scale = Math.fround(inputs / outputs);
  const lower = new Int32Array(outputs);
  const upper = new Int32Array(outputs);
  const lowerWeight = new Float32Array(outputs);
  const upperWeight = new Float32Array(outputs);
  for (let d = 0; d < outputs; d++) {
    const position = Math.max(0, Math.fround(scale * (d + 0.5) - 0.5));
    lower[d] = Math.min(Math.floor(position), inputs - 1);
    upper[d] = Math.min(lower[d] + 1, inputs - 1);
    upperWeight[d] = position - lower[d];
    lowerWeight[d] = 1 - upperWeight[d];
  }
  return { lower, upper, lowerWeight, upperWeight };
}
