import proto from "onnx-proto";

const { onnx } = proto;
const { DataType } = onnx.TensorProto;
const { AttributeType } = onnx.AttributeProto;

/** Opset 17 and IR 8 hold every operator used here and are read by all ONNX Runtime releases since 1.12. */
const OPSET = 17;
const IR_VERSION = 8;

/** Name of a value in the graph. */
export type Value = string;

export type ElementType = "float32" | "float16" | "int32" | "uint8";

const ELEMENT_TYPES: Readonly<Record<ElementType, number>> = {
  float32: DataType.FLOAT,
  float16: DataType.FLOAT16,
  int32: DataType.INT32,
  uint8: DataType.UINT8,
};

/** A number is a float when it stands in `{ float }`, else an integer. */
export type Attribute = number | readonly number[] | { readonly float: number };

/** One initializer that lies in the weights file. */
export interface Weight {
  /** Name in the graph. */
  readonly value: Value;
  /** Name in the checkpoint; undefined for a constant. */
  readonly source?: string;
  /** What every element is, when there is no source. */
  readonly fill?: number;
  readonly dims: readonly number[];
}

/** Collects nodes and weights; `encode` turns them into an ONNX file. */
export class OnnxGraph {
  readonly weights = new Map<Value, Weight>();
  readonly #graph = onnx.GraphProto.create({ name: "septum" });
  #count = 0;

  /** Declares an input; a dimension given by name is free. */
  input(name: string, type: ElementType, dims: readonly (number | string)[]): Value {
    this.#graph.input.push(valueInfo(name, type, dims));
    return name;
  }

  /** Declares `value` as the output called `name`. */
  output(name: string, value: Value, type: ElementType, dims: readonly (number | string)[]): void {
    this.#graph.node.push(onnx.NodeProto.create({ opType: "Identity", input: [value], output: [name], name }));
    this.#graph.output.push(valueInfo(name, type, dims));
  }

  /** Adds a node with one output. */
  node(opType: string, input: readonly Value[], attributes: Readonly<Record<string, Attribute>> = {}): Value {
    return this.nodes(opType, input, attributes, 1)[0];
  }

  /** Adds a node with several outputs. */
  nodes(
    opType: string,
    input: readonly Value[],
    attributes: Readonly<Record<string, Attribute>>,
    outputs: number,
  ): Value[] {
    const name = `${opType}_${this.#count++}`;
    const output = Array.from({ length: outputs }, (_, i) => (outputs === 1 ? name : `${name}_${i}`));
    const attribute = Object.entries(attributes).map(([key, value]) => toAttribute(key, value));
    this.#graph.node.push(onnx.NodeProto.create({ opType, name, input: [...input], output, attribute }));
    return output;
  }

  /** Small integers inside the graph file, such as a shape: int64[n]. */
  integers(values: readonly number[]): Value {
    const name = `integers_${this.#count++}`;
    const rawData = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    this.#graph.initializer.push(
      onnx.TensorProto.create({ name, dims: [values.length], dataType: DataType.INT64, rawData }),
    );
    return name;
  }

  /** A few numbers inside the graph file: float32 of `dims`. */
  floats(values: readonly number[], dims: readonly number[]): Value {
    const name = `floats_${this.#count++}`;
    const rawData = new Uint8Array(Float32Array.from(values).buffer);
    this.#graph.initializer.push(onnx.TensorProto.create({ name, dims: [...dims], dataType: DataType.FLOAT, rawData }));
    return name;
  }

  /** A weight of the checkpoint, float32. */
  weight(source: string, dims: readonly number[]): Value {
    this.weights.set(source, { value: source, source, dims });
    return source;
  }

  /** float32[length] of one number. */
  filled(fill: number, length: number): Value {
    const value = `fill_${fill}_${length}`;
    this.weights.set(value, { value, fill, dims: [length] });
    return value;
  }

  /** The ONNX file; `place` says where in the weights file each weight lies, in bytes. */
  encode(
    location: string,
    place: ReadonlyMap<Value, { readonly offset: number; readonly length: number }>,
  ): Uint8Array {
    const external = [...this.weights.values()].map(({ value, dims }) => {
      const at = place.get(value);
      if (at === undefined) throw new Error(`Weight ${value} has no place in ${location}`);
      const externalData = [
        { key: "location", value: location },
        { key: "offset", value: String(at.offset) },
        { key: "length", value: String(at.length) },
      ];
      return onnx.TensorProto.create({
        name: value,
        dims: [...dims],
        dataType: DataType.FLOAT,
        dataLocation: onnx.TensorProto.DataLocation.EXTERNAL,
        externalData,
      });
    });
    const graph = onnx.GraphProto.create({
      ...this.#graph,
      initializer: [...this.#graph.initializer, ...external],
    });
    const model = {
      irVersion: IR_VERSION,
      producerName: "septum",
      opsetImport: [{ domain: "", version: OPSET }],
      graph,
    };
    return onnx.ModelProto.encode(model).finish();
  }
}

function valueInfo(name: string, type: ElementType, dims: readonly (number | string)[]) {
  const dim = dims.map((size) => (typeof size === "number" ? { dimValue: size } : { dimParam: size }));
  return onnx.ValueInfoProto.create({ name, type: { tensorType: { elemType: ELEMENT_TYPES[type], shape: { dim } } } });
}

function toAttribute(name: string, value: Attribute) {
  if (typeof value === "number") return onnx.AttributeProto.create({ name, type: AttributeType.INT, i: value });
  if (Array.isArray(value)) return onnx.AttributeProto.create({ name, type: AttributeType.INTS, ints: [...value] });
  return onnx.AttributeProto.create({ name, type: AttributeType.FLOAT, f: (value as { float: number }).float });
}
