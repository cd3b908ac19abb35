import type { Vec3 } from "@septum/volume";

/** A U-Net as its plans describe it, every per-stage value written out (spec §3). */
export interface Network {
  readonly kind: "ResidualEncoderUNet" | "PlainConvUNet";
  /** Encoder stages from full resolution down. */
  readonly stages: readonly Stage[];
  /** Convolutions per decoder stage, from the deepest up: one fewer than `stages`. */
  readonly decoderConvs: readonly number[];
  readonly convBias: boolean;
  /** Undefined: no normalisation. */
  readonly norm?: { readonly epsilon: number; readonly affine: boolean };
  /** Undefined: no activation. A slope of 0 is ReLU. */
  readonly activation?: { readonly slope: number };
  /** Activation before normalisation (`PlainConvUNet` only). */
  readonly activationFirst: boolean;
  /** Channels after the stem (`ResidualEncoderUNet` only). */
  readonly stemChannels: number;
}

export interface Stage {
  readonly features: number;
  readonly kernel: Vec3;
  readonly stride: Vec3;
  /** Convolutions (`PlainConvUNet`) or residual blocks (`ResidualEncoderUNet`). */
  readonly blocks: number;
  /** Channels between a bottleneck block's 1×1×1 convolutions; undefined for basic blocks. */
  readonly bottleneck?: number;
}

/** Product of all strides per axis: every edge of a patch must be a multiple of it. */
export function totalStride({ stages }: Network): Vec3 {
  return [0, 1, 2].map((k) => stages.reduce((product, { stride }) => product * stride[k], 1)) as unknown as Vec3;
}
