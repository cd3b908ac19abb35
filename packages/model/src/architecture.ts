import type { Vec3 } from "@septum/volume";
import { z } from "zod";
import { ModelFolderError, UnsupportedModel } from "./errors.ts";
import { checkShape } from "./json.ts";
import type { Network, Stage } from "./network.ts";

const MOST_STAGES = 12;
const MOST_BLOCKS = 64;
const MOST_FEATURES = 16384;

const count = z.int().positive().max(MOST_BLOCKS);
const features = z.int().positive().max(MOST_FEATURES);
const edge = z.int().positive().max(31);
const perAxis = z.union([edge, z.tuple([edge, edge, edge])]);
const kwargs = z.record(z.string(), z.unknown()).nullish();

const architectureShape = z.object({
  network_class_name: z.string(),
  arch_kwargs: z.record(z.string(), z.unknown()),
});

const argumentShape = z.object({
  n_stages: z.int().min(2).max(MOST_STAGES),
  features_per_stage: z.union([features, z.array(features)]),
  kernel_sizes: z.union([edge, z.array(perAxis)]),
  strides: z.union([edge, z.array(perAxis)]),
  n_blocks_per_stage: z.union([count, z.array(count)]).optional(),
  n_conv_per_stage: z.union([count, z.array(count)]).optional(),
  n_conv_per_stage_decoder: z.union([count, z.array(count)]),
  conv_bias: z.boolean().default(false),
  stem_channels: features.nullish(),
  bottleneck_channels: z.union([features, z.array(features)]).nullish(),
  nonlin_first: z.boolean().default(false),
  norm_op_kwargs: kwargs,
  nonlin_kwargs: kwargs,
});

type Arguments = z.infer<typeof argumentShape>;
type Arg = Readonly<Record<string, unknown>>;

/** Keyword arguments that do not change what the network computes at inference. */
const WITHOUT_EFFECT = new Set([
  "dropout_op",
  "dropout_op_kwargs",
  "deep_supervision",
  "num_classes",
  "input_channels",
]);

/** Keyword arguments that name something we build in one way only: absent, null, or one of these. */
const FIXED: Readonly<Record<string, readonly unknown[]>> = {
  conv_op: ["Conv3d"],
  norm_op: ["InstanceNorm3d"],
  nonlin: ["LeakyReLU", "ReLU"],
  block: ["BasicBlockD", "BottleneckD"],
  squeeze_excitation: [false],
  stochastic_depth_p: [0],
  pool: ["conv"],
};

/**
 * The network of a plans file's `architecture` (spec §1.5, §3.5). Classes are matched by the last part of their path.
 *
 * @throws UnsupportedModel naming the class or argument that is not known; ModelFolderError when a value is wrong
 */
export function networkOf(architecture: unknown, where: string): Network {
  const { network_class_name, arch_kwargs } = checkShape(architectureShape, architecture, `architecture in ${where}`);
  const kind = lastPart(network_class_name);
  if (kind !== "ResidualEncoderUNet" && kind !== "PlainConvUNet") {
    throw new UnsupportedModel(`${where}: network ${kind} is not supported; ResidualEncoderUNet and PlainConvUNet are`);
  }
  for (const [name, value] of Object.entries(arch_kwargs)) {
    if (name in argumentShape.shape || WITHOUT_EFFECT.has(name)) continue;
    const allowed = FIXED[name];
    const given = typeof value === "string" ? lastPart(value) : value;
    if (allowed === undefined || (given != null && !allowed.includes(given))) {
      throw new UnsupportedModel(
        `${where}: ${name} = ${JSON.stringify(value)} is not supported${allowedText(allowed)}`,
      );
    }
  }
  return assemble(kind, arch_kwargs, checkShape(argumentShape, arch_kwargs, `arch_kwargs in ${where}`), where);
}

/** The network of plans written before `architecture` existed (spec §1.5). */
export function oldNetworkOf(configuration: Arg, where: string): Network {
  const shape = z.object({
    UNet_class_name: z.string(),
    UNet_base_num_features: features,
    unet_max_num_features: features,
    n_conv_per_stage_encoder: z.array(count),
    n_conv_per_stage_decoder: z.array(count),
    conv_kernel_sizes: z.array(perAxis),
    pool_op_kernel_sizes: z.array(perAxis),
  });
  const old = checkShape(shape, configuration, where);
  const stages = old.n_conv_per_stage_encoder.length;
  return networkOf(
    {
      network_class_name: old.UNet_class_name,
      arch_kwargs: {
        n_stages: stages,
        features_per_stage: Array.from({ length: stages }, (_, i) =>
          Math.min(old.UNet_base_num_features * 2 ** i, old.unet_max_num_features),
        ),
        kernel_sizes: old.conv_kernel_sizes,
        strides: old.pool_op_kernel_sizes,
        [lastPart(old.UNet_class_name) === "PlainConvUNet" ? "n_conv_per_stage" : "n_blocks_per_stage"]:
          old.n_conv_per_stage_encoder,
        n_conv_per_stage_decoder: old.n_conv_per_stage_decoder,
        conv_bias: true,
        norm_op: "InstanceNorm3d",
        norm_op_kwargs: { eps: 1e-5, affine: true },
        nonlin: "LeakyReLU",
      },
    },
    where,
  );
}

function assemble(kind: Network["kind"], raw: Arg, args: Arguments, where: string): Network {
  const spread = <T>(name: string, value: T | readonly T[] | undefined, length: number): readonly T[] => {
    if (value === undefined) throw new ModelFolderError(`${where}: ${name} is missing`);
    const list = Array.isArray(value) ? (value as readonly T[]) : new Array<T>(length).fill(value as T);
    if (list.length === length) return list;
    throw new ModelFolderError(`${where}: ${name} has ${list.length} entries, ${length} are expected`);
  };
  const n = args.n_stages;
  const residual = kind === "ResidualEncoderUNet";
  const featuresPerStage = spread("features_per_stage", args.features_per_stage, n);
  const kernels = spread<z.infer<typeof perAxis>>("kernel_sizes", args.kernel_sizes, n);
  const strides = spread<z.infer<typeof perAxis>>("strides", args.strides, n);
  const blocks = residual
    ? spread("n_blocks_per_stage", args.n_blocks_per_stage, n)
    : spread("n_conv_per_stage", args.n_conv_per_stage, n);
  const bottlenecks =
    residual && lastPart(String(raw.block ?? "")) === "BottleneckD"
      ? spread("bottleneck_channels", args.bottleneck_channels ?? undefined, n)
      : undefined;
  const stages = featuresPerStage.map((stageFeatures, s): Stage => {
    const kernel = triple(kernels[s]);
    // An even kernel pads one side less than the other and changes the size; no nnU-Net plans have one.
    if (kernel.some((k) => k % 2 === 0)) {
      throw new UnsupportedModel(`${where}: kernel size [${kernel.join(", ")}] is not supported; edges have to be odd`);
    }
    const stride = triple(strides[s]);
    return { features: stageFeatures, kernel, stride, blocks: blocks[s], bottleneck: bottlenecks?.[s] };
  });
  if (stages[0].stride.some((stride) => stride !== 1)) {
    throw new UnsupportedModel(`${where}: the first stride is [${stages[0].stride.join(", ")}]; it has to be 1`);
  }
  return {
    kind,
    stages,
    decoderConvs: spread("n_conv_per_stage_decoder", args.n_conv_per_stage_decoder, n - 1),
    convBias: args.conv_bias,
    norm: raw.norm_op == null ? undefined : normOf(args, where),
    activation: raw.nonlin == null ? undefined : activationOf(lastPart(String(raw.nonlin)), args, where),
    activationFirst: !residual && args.nonlin_first,
    stemChannels: args.stem_channels ?? featuresPerStage[0],
  };
}

/** PyTorch's own defaults: epsilon 1e-5, no affine weights. */
function normOf({ norm_op_kwargs }: Arguments, where: string): Network["norm"] {
  const shape = z.strictObject({
    eps: z.number().positive().default(1e-5),
    affine: z.boolean().default(false),
    momentum: z.number().optional(),
    track_running_stats: z.literal(false).optional(),
  });
  const { eps, affine } = checkShape(shape, norm_op_kwargs ?? {}, `norm_op_kwargs in ${where}`);
  return { epsilon: eps, affine };
}

function activationOf(name: string, { nonlin_kwargs }: Arguments, where: string): Network["activation"] {
  const shape = z.strictObject({ inplace: z.boolean().optional(), negative_slope: z.number().min(0).default(0.01) });
  const { negative_slope } = checkShape(shape, nonlin_kwargs ?? {}, `nonlin_kwargs in ${where}`);
  return { slope: name === "ReLU" ? 0 : negative_slope };
}

function triple(value: number | readonly [number, number, number]): Vec3 {
  return typeof value === "number" ? [value, value, value] : value;
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1);
}

function allowedText(allowed: readonly unknown[] | undefined): string {
  return allowed === undefined ? "" : `; it has to be ${allowed.map((value) => JSON.stringify(value)).join(" or ")}`;
}
