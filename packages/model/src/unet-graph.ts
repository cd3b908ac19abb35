import type { Vec3 } from "@septum/volume";
import type { Network, Stage } from "./network.ts";
import { needsStages, writeInstanceNorm } from "./norm-graph.ts";
import type { OnnxGraph, Value } from "./onnx-graph.ts";

/** The head has two outputs whatever the data set's labels are: background and object (spec §1.6). */
const OUTPUTS = 2;

/**
 * Writes the network's nodes (spec §3.2–3.6), checkpoint names as PyTorch gives them.
 *
 * @param input float32[1, channels, p0, p1, p2]
 * @param patchSize the patch it will mostly see; any other size works
 * @returns logits, float32[1, 2, p0, p1, p2]
 */
export function writeUNet(graph: OnnxGraph, network: Network, input: Value, channels: number, patchSize: Vec3): Value {
  const { stages } = network;
  const layers = layersOf(graph, network);
  const large = stageVoxels(network, patchSize).map(needsStages);
  const skips: Value[] = [];
  let x = input;
  let from = channels;
  if (network.kind === "ResidualEncoderUNet") {
    x = layers.convNormAct("encoder.stem.convs.0", x, from, network.stemChannels, stages[0].kernel, {
      large: large[0],
    });
    from = network.stemChannels;
  }
  for (const [s, stage] of stages.entries()) {
    for (let b = 0; b < stage.blocks; b++) {
      const stride: Vec3 = b === 0 ? stage.stride : [1, 1, 1];
      // A stage's first block starts at the size of the stage before.
      const options = { stride, large: large[b === 0 && s > 0 ? s - 1 : s] };
      x =
        network.kind === "ResidualEncoderUNet"
          ? layers.residual(`encoder.stages.${s}.blocks.${b}`, x, from, stage, options)
          : layers.convNormAct(`encoder.stages.${s}.0.convs.${b}`, x, from, stage.features, stage.kernel, options);
      from = stage.features;
    }
    skips.push(x);
  }
  const last = stages.length - 1;
  for (let s = 0; s < last; s++) {
    const level = last - 1 - s;
    const { features, kernel } = stages[level];
    x = layers.upsample(`decoder.transpconvs.${s}`, x, stages[level + 1].features, features, stages[level + 1].stride);
    x = graph.node("Concat", [x, skips[level]], { axis: 1 });
    for (let i = 0; i < network.decoderConvs[s]; i++) {
      const inputs = i === 0 ? 2 * features : features;
      x = layers.convNormAct(`decoder.stages.${s}.convs.${i}`, x, inputs, features, kernel, { large: large[level] });
    }
  }
  const head = `decoder.seg_layers.${last - 1}`;
  return layers.conv(head, x, stages[0].features, OUTPUTS, [1, 1, 1], { bias: true });
}

interface BlockOptions {
  readonly stride: Vec3;
  /** So many voxels that statistics over them need care. */
  readonly large: boolean;
}

interface ConvOptions extends Partial<BlockOptions> {
  readonly bias?: boolean;
  readonly act?: boolean;
}

/** Voxels of a channel at each encoder stage. */
function stageVoxels({ stages }: Network, patchSize: Vec3): number[] {
  let voxels = patchSize[0] * patchSize[1] * patchSize[2];
  return stages.map(({ stride }) => {
    voxels /= stride[0] * stride[1] * stride[2];
    return voxels;
  });
}

/** The network's building blocks, named by the checkpoint prefix they take their weights from. */
function layersOf(graph: OnnxGraph, { convBias, norm, activation, activationFirst }: Network) {
  function conv(prefix: string, x: Value, from: number, to: number, kernel: Vec3, options: ConvOptions = {}): Value {
    const inputs = [x, graph.weight(`${prefix}.weight`, [to, from, ...kernel])];
    if (options.bias ?? convBias) inputs.push(graph.weight(`${prefix}.bias`, [to]));
    const pads = kernel.map((k) => (k - 1) / 2);
    return graph.node("Conv", inputs, {
      kernel_shape: kernel,
      strides: options.stride ?? [1, 1, 1],
      pads: [...pads, ...pads],
    });
  }

  function normalise(prefix: string, x: Value, channels: number, large = false): Value {
    if (norm === undefined) return x;
    const scale = norm.affine ? graph.weight(`${prefix}.weight`, [channels]) : graph.filled(1, channels);
    const shift = norm.affine ? graph.weight(`${prefix}.bias`, [channels]) : graph.filled(0, channels);
    return writeInstanceNorm(graph, x, { channels, scale, shift, epsilon: norm.epsilon, stages: large });
  }

  function activate(x: Value): Value {
    if (activation === undefined) return x;
    if (activation.slope === 0) return graph.node("Relu", [x]);
    return graph.node("LeakyRelu", [x], { alpha: { float: activation.slope } });
  }

  function convNormAct(prefix: string, x: Value, from: number, to: number, kernel: Vec3, options: ConvOptions = {}) {
    const y = conv(`${prefix}.conv`, x, from, to, kernel, options);
    if (options.act === false) return normalise(`${prefix}.norm`, y, to, options.large);
    if (activationFirst) return normalise(`${prefix}.norm`, activate(y), to, options.large);
    return activate(normalise(`${prefix}.norm`, y, to, options.large));
  }

  /** BasicBlockD, or BottleneckD when the stage has a bottleneck. */
  function residual(prefix: string, x: Value, from: number, stage: Stage, { stride, large }: BlockOptions): Value {
    const { features: to, kernel, bottleneck } = stage;
    let y: Value;
    if (bottleneck === undefined) {
      y = convNormAct(`${prefix}.conv1`, x, from, to, kernel, { stride, large });
      y = convNormAct(`${prefix}.conv2`, y, to, to, kernel, { act: false, large });
    } else {
      y = convNormAct(`${prefix}.conv1`, x, from, bottleneck, [1, 1, 1], { large });
      y = convNormAct(`${prefix}.conv2`, y, bottleneck, bottleneck, kernel, { stride, large });
      y = convNormAct(`${prefix}.conv3`, y, bottleneck, to, [1, 1, 1], { act: false, large });
    }
    return activate(graph.node("Add", [y, shortcut(`${prefix}.skip`, x, from, to, { stride, large })]));
  }

  /** Average pooling, then a projection without bias; the projection's name counts the pool before it. */
  function shortcut(prefix: string, x: Value, from: number, to: number, { stride, large }: BlockOptions): Value {
    const pools = stride.some((edge) => edge !== 1);
    const y = pools ? graph.node("AveragePool", [x], { kernel_shape: stride, strides: stride }) : x;
    if (from === to) return y;
    return convNormAct(`${prefix}.${pools ? 1 : 0}`, y, from, to, [1, 1, 1], { bias: false, act: false, large });
  }

  function upsample(prefix: string, x: Value, from: number, to: number, stride: Vec3): Value {
    const inputs = [x, graph.weight(`${prefix}.weight`, [from, to, ...stride])];
    if (convBias) inputs.push(graph.weight(`${prefix}.bias`, [to]));
    return graph.node("ConvTranspose", inputs, { kernel_shape: stride, strides: stride });
  }

  return { conv, convNormAct, residual, upsample };
}
