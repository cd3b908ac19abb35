import { describe, expect, it } from "vitest";
import { ModelFolderError, UnsupportedModel } from "./errors.ts";
import { type Configuration, readConfiguration } from "./plans.ts";

const kwargs = {
  n_stages: 3,
  features_per_stage: [4, 6, 8],
  kernel_sizes: [[1, 3, 3], 3, [3, 3, 5]],
  strides: [1, [1, 2, 2], 2],
  n_blocks_per_stage: [1, 2, 3],
  n_conv_per_stage_decoder: 1,
  conv_bias: true,
  conv_op: "torch.nn.modules.conv.Conv3d",
  norm_op: "torch.nn.modules.instancenorm.InstanceNorm3d",
  norm_op_kwargs: { eps: 1e-4, affine: true },
  nonlin: "torch.nn.LeakyReLU",
  nonlin_kwargs: { inplace: true },
  dropout_op: null,
};

const residual = "dynamic_network_architectures.architectures.unet.ResidualEncoderUNet";

function configuration(changes: object = {}, network = residual, patch = [4, 8, 12]): Configuration {
  return { patch_size: patch, architecture: { network_class_name: network, arch_kwargs: { ...kwargs, ...changes } } };
}

const read = (own: Configuration, others: Record<string, Configuration> = {}) =>
  readConfiguration({ path: "plans.json", configurations: { own, ...others } }, "own");

describe("readConfiguration()", () => {
  it("writes out every value per stage", () => {
    expect(read(configuration())).toEqual({
      patchSize: [4, 8, 12],
      network: {
        kind: "ResidualEncoderUNet",
        stages: [
          { features: 4, kernel: [1, 3, 3], stride: [1, 1, 1], blocks: 1, bottleneck: undefined },
          { features: 6, kernel: [3, 3, 3], stride: [1, 2, 2], blocks: 2, bottleneck: undefined },
          { features: 8, kernel: [3, 3, 5], stride: [2, 2, 2], blocks: 3, bottleneck: undefined },
        ],
        decoderConvs: [1, 1],
        convBias: true,
        norm: { epsilon: 1e-4, affine: true },
        activation: { slope: 0.01 },
        activationFirst: false,
        stemChannels: 4,
      },
    });
  });

  it("lays a configuration over the ones it inherits from, at the top level only", () => {
    const { patchSize, network } = read(
      { inherits_from: "middle", patch_size: [8, 8, 8] },
      { middle: { inherits_from: "base" }, base: configuration() },
    );
    expect(patchSize).toEqual([8, 8, 8]);
    expect(network.stages).toHaveLength(3);
  });

  it("reads plans from before `architecture`", () => {
    const { network } = read({
      patch_size: [8, 16, 16],
      UNet_class_name: "PlainConvUNet",
      UNet_base_num_features: 32,
      unet_max_num_features: 100,
      n_conv_per_stage_encoder: [2, 2, 2],
      n_conv_per_stage_decoder: [2, 1],
      conv_kernel_sizes: [
        [1, 3, 3],
        [3, 3, 3],
        [3, 3, 3],
      ],
      pool_op_kernel_sizes: [
        [1, 1, 1],
        [1, 2, 2],
        [2, 2, 2],
      ],
    });
    expect(network).toMatchObject({
      kind: "PlainConvUNet",
      decoderConvs: [2, 1],
      convBias: true,
      norm: { epsilon: 1e-5, affine: true },
      activation: { slope: 0.01 },
    });
    expect(network.stages.map(({ features, blocks }) => [features, blocks])).toEqual([
      [32, 2],
      [64, 2],
      [100, 2],
    ]);
  });

  it("knows ReLU, missing norm and activation, bottlenecks and the defaults of PyTorch", () => {
    expect(read(configuration({ nonlin: "torch.nn.ReLU", nonlin_kwargs: {} })).network.activation).toEqual({
      slope: 0,
    });
    expect(read(configuration({ norm_op: null, nonlin: null })).network).toMatchObject({
      norm: undefined,
      activation: undefined,
    });
    expect(read(configuration({ norm_op_kwargs: null })).network.norm).toEqual({ epsilon: 1e-5, affine: false });
    const bottleneck = configuration({ block: "x.BottleneckD", bottleneck_channels: 2, stem_channels: 5 });
    expect(read(bottleneck).network).toMatchObject({ stemChannels: 5, stages: [{ bottleneck: 2 }, {}, {}] });
  });

  it.each([
    ["an unknown configuration", { inherits_from: "none" }, "plans.json has no configuration none; it has own"],
    ["a circle", { inherits_from: "own" }, "configuration own inherits from itself (own → own)"],
    [
      "a patch that does not fit the strides",
      configuration({}, residual, [4, 8, 10]),
      "patch size is [4, 8, 10], but has to be a multiple of [2, 4, 4]",
    ],
    [
      "no patch size",
      { ...configuration(), patch_size: undefined },
      "patch_size of own in plans.json is not as expected",
    ],
    ["lists of the wrong length", configuration({ strides: [1, 2] }), "strides has 2 entries, 3 are expected"],
    [
      "too many decoder stages",
      configuration({ n_conv_per_stage_decoder: [1, 1, 1] }),
      "n_conv_per_stage_decoder has 3 entries, 2 are expected",
    ],
    ["missing blocks", configuration({ n_blocks_per_stage: undefined }), "n_blocks_per_stage is missing"],
    ["bottlenecks without width", configuration({ block: "x.BottleneckD" }), "bottleneck_channels is missing"],
    [
      "a negative feature count",
      configuration({ features_per_stage: [4, -6, 8] }),
      "arch_kwargs in plans.json, configuration own is not as expected. features_per_stage",
    ],
  ])("refuses %s", (_, own, message) => {
    expect(() => read(own)).toThrow(ModelFolderError);
    expect(() => read(own)).toThrow(message);
  });

  it.each([
    ["2D patches", configuration({}, residual, [8, 8]), "patch size is [8, 8]; only 3D networks are supported"],
    ["a cascade", { ...configuration(), previous_stage: "low" }, "is the second stage of a cascade"],
    [
      "another network",
      configuration({}, "x.ResEncUNetWithTransformer"),
      "network ResEncUNetWithTransformer is not supported; ResidualEncoderUNet and PlainConvUNet are",
    ],
    [
      "another norm",
      configuration({ norm_op: "torch.nn.BatchNorm3d" }),
      'norm_op = "torch.nn.BatchNorm3d" is not supported; it has to be "InstanceNorm3d"',
    ],
    [
      "another activation",
      configuration({ nonlin: "torch.nn.GELU" }),
      'nonlin = "torch.nn.GELU" is not supported; it has to be "LeakyReLU" or "ReLU"',
    ],
    [
      "squeeze and excitation",
      configuration({ squeeze_excitation: true }),
      "squeeze_excitation = true is not supported",
    ],
    ["an unknown argument", configuration({ attention: 3 }), "attention = 3 is not supported"],
    [
      "even kernels",
      configuration({ kernel_sizes: 2 }),
      "kernel size [2, 2, 2] is not supported; edges have to be odd",
    ],
    ["a first stride", configuration({ strides: 2 }), "the first stride is [2, 2, 2]; it has to be 1"],
  ])("does not support %s", (_, own, message) => {
    expect(() => read(own)).toThrow(UnsupportedModel);
    expect(() => read(own)).toThrow(message);
  });
});
