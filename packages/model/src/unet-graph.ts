import type { Vec3 } from "@septum/volume";
import type { Network, Stage } from "./network.ts";
import type { OnnxGraph, Value } from "./onnx-graph.ts";

/** The head has two outputs whatever the data set's labels are: background and object (spec §1.6). */
const OUTPUTS = 2;

/**
 * Writes the network's nodes (spec §3.2–3.6), checkpoint names as PyTorch gives them.
 *
 * @param input float32[1, channels, p0, p1, p2]
 * @returns logits, float32[1, 2, p0, p1, p2]
 */
export function writeUNet(graph: OnnxGraph, network: Network, input: Value, channels: number): Value {
  const { stages } = network;
  const layers = layersOf(graph, network);
  const skips: Value[] = [];
  let x = input;
  let from = channels;
  if (network.kind === "ResidualEncoderUNet") {
    x = layers.convNormAct("encoder.stem.convs.0", x, from, network.stemChannels, stages[0].kernel);
    from = network.stemChannels;
  }
  for (const [s, stage] of stages.entries()) {
    for (let b = 0; b < stage.blocks; b++) {
      const stride: Vec3 = b === 0 ? stage.stride : [1, 1, 1];
      x =
        network.kind === "ResidualEncoderUNet"
          ? layers.residual(`encoder.stages.${s}.blocks.${b}`, x, from, stage, stride)
          : layers.convNormAct(`encoder.stages.${s}.0.convs.${b}`, x, from, stage.features, stage.kernel, { stride });
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
      x = layers.convNormAct(`decoder.stages.${s}.convs.${i}`, x, inputs, features, kernel);
    }
  }
  const head = `decoder.seg_layers.${last - 1}`;
  return layers.conv(head, x, stages[0].features, OUTPUTS, [1, 1, 1], { bias: true });
}

interface ConvOptions {
  readonly stride?: Vec3;
  readonly bias?: boolean;
  readonly act?: boolean;
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

  function normalise(prefix: string, x: Value, channels: number): Value {
    if (norm === undefined) return x;
    const scale = norm.affine ? graph.weight(`${prefix}.weight`, [channels]) : graph.filled(1, channels);
    const shift = norm.affine ? graph.weight(`${prefix}.bias`, [channels]) : graph.filled(0, channels);
    return graph.node("InstanceNormalization", [x, scale, shift], { epsilon: { float: norm.epsilon } });
  }

  function activate(x: Value): Value {
    if (activation === undefined) return x;
    if (activation.slope === 0) return graph.node("Relu", [x]);
    return graph.node("LeakyRelu", [x], { alpha: { float: activation.slope } });
  }

  function convNormAct(prefix: string, x: Value, from: number, to: number, kernel: Vec3, options: ConvOptions = {}) {
    const y = conv(`${prefix}.conv`, x, from, to, kernel, options);
    if (options.act === false) return normalise(`${prefix}.norm`, y, to);
    if (activationFirst) return normalise(`${prefix}.norm`, activate(y), to);
    return activate(normalise(`${prefix}.norm`, y, to));
  }

  /** BasicBlockD, or BottleneckD when the stage has a bottleneck. */
  function residual(prefix: string, x: Value, from: number, stage: Stage, stride: Vec3): Value {
    const { features: to, kernel, bottleneck } = stage;
    let y: Value;
    if (bottleneck === undefined) {
      y = convNormAct(`${prefix}.conv1`, x, from, to, kernel, { stride });
      y = convNormAct(`${prefix}.conv2`, y, to, to, kernel, { act: false });
    } else {
      y = convNormAct(`${prefix}.conv1`, x, from, bottleneck, [1, 1, 1]);
      y = convNormAct(`${prefix}.conv2`, y, bottleneck, bottleneck, kernel, { stride });
      y = convNormAct(`${prefix}.conv3`, y, bottleneck, to, [1, 1, 1], { act: false });
    }
    return activate(graph.node("Add", [y, shortcut(`${prefix}.skip`, x, from, to, stride)]));
  }

  /** Average pooling, then a projection without bias; the projection's name counts the pool before it. */
  function shortcut(prefix: string, x: Value, from: number, to: number, stride: Vec3): Value {
    const pools = stride.some((edge) => edge !== 1);
    const y = pools ? graph.node("AveragePool", [x], { kernel_shape: stride, strides: stride }) : x;
    if (from === to) return y;
    return convNormAct(`${prefix}.${pools ? 1 : 0}`, y, from, to, [1, 1, 1], { bias: false, act: false });
  }

  function upsample(prefix: string, x: Value, from: number, to: number, stride: Vec3): Value {
    const inputs = [x, graph.weight(`${prefix}.weight`, [from, to, ...stride])];
    if (convBias) inputs.push(graph.weight(`${prefix}.bias`, [to]));
    return graph.node("ConvTranspose", inputs, { kernel_shape: stride, strides: stride });
  }

  return { conv, convNormAct, residual, upsample };
}
