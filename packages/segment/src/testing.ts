import { fromHalfBits } from "@septum/volume";
import type { Model, ModelSettings, Patch } from "./model.ts";

/** A patch as the network's input channels, for stub networks and comparisons. */
export interface DenseChannels {
  /** float32[voxels]: the normalised image. */
  readonly image: Float32Array;
  /** The interaction channels as the model numbers them, the previous mask included; float32[voxels] each. */
  readonly channels: readonly Float32Array[];
}

/** Unpacks a patch the way the network's own first step does. All arrays are C-ordered `[k, j, i]`. */
export function denseChannels(patch: Patch, settings: ModelSettings): DenseChannels {
  const voxels = patch.size[0] * patch.size[1] * patch.size[2];
  const { mean, std } = patch;
  const image = new Float32Array(voxels);
  for (let n = 0; n < voxels; n++) image[n] = Math.fround(patch.image[n] - mean) / std;
  const channels = Array.from({ length: settings.interactionChannels }, () => new Float32Array(voxels));
  const previous = channels[settings.channels.previous];
  for (let n = 0; n < voxels; n++) if (patch.previous[n] !== 0) previous[n] = fromHalfBits(patch.previous[n]);
  for (let n = 0; n < patch.promptIndex.length; n++) {
    const at = patch.promptIndex[n];
    channels[Math.floor(at / voxels)][at % voxels] = patch.promptValue[n];
  }
  return { image, channels };
}

/** Of a small model with the channels that official ones have; what a test looks at is its own to say. */
export function stubSettings(own: Partial<ModelSettings>): ModelSettings {
  return {
    patchSize: [6, 8, 6],
    interactionChannels: 7,
    channels: { previous: 0, bbox2d: [1, 2], bbox3d: [1, 2], lasso: [1, 2], points: [3, 4], scribble: [5, 6] },
    supported: { points: true, bbox2d: true, bbox3d: false, scribble: true, lasso: true },
    supportsInitialMask: true,
    pointRadius: 2,
    decay: 0.9,
    coverMargin: 1,
    borderChange: { absolute: 4, minimum: 1, relative: 0.2 },
    ...own,
  };
}

/** The network of the inference spec's appendix A, which looks at every voxel alone; `bar` is what its sum has to pass. */
export function stubNetwork({ image, channels: c }: DenseChannels, bar = 1): Uint8Array<ArrayBuffer> {
  const mask = new Uint8Array(image.length);
  for (let n = 0; n < mask.length; n++) {
    const positive = c[1][n] + c[3][n] + c[5][n];
    const negative = c[2][n] + c[4][n] + c[6][n];
    mask[n] = image[n] + 2.5 * positive - 3 * negative + 0.25 * c[0][n] > bar ? 1 : 0;
  }
  return mask;
}

export interface StubModelOptions {
  readonly bar?: number;
  /** Told what the network is fed. */
  readonly onPass?: (fed: DenseChannels) => void;
}

/** `stubNetwork` behind the seam. */
export function stubModel(settings: ModelSettings, { bar, onPass }: StubModelOptions = {}): Model {
  return {
    settings,
    async predict(patch) {
      const fed = denseChannels(patch, settings);
      onPass?.(fed);
      return stubNetwork(fed, bar);
    },
  };
}

/**
 * numpy's legacy stream (spec §6.7): MT19937 seeded by `init_genrand`; an index below n is 32 bits, masked to the smallest
 * all-ones number that holds n - 1, drawn again while too large. n = 1 draws nothing.
 */
export function legacyRandom(seed: number): (n: number) => number {
  const state = new Uint32Array(624);
  state[0] = seed;
  for (let n = 1; n < 624; n++) state[n] = Math.imul(1812433253, state[n - 1] ^ (state[n - 1] >>> 30)) + n;
  let at = 624;
  const draw = (): number => {
    if (at === 624) {
      for (let n = 0; n < 624; n++) {
        const y = (state[n] & 0x80000000) | (state[(n + 1) % 624] & 0x7fffffff);
        state[n] = state[(n + 397) % 624] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
      }
      at = 0;
    }
    let y = state[at++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  };
  return (n) => {
    if (n === 1) return 0;
    const mask = 2 ** (32 - Math.clz32(n - 1)) - 1;
    for (;;) {
      const value = (draw() & mask) >>> 0;
      if (value < n) return value;
    }
  };
}
