import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import proto from "onnx-proto";
import { compileModel } from "../packages/model/src/compile.ts";
import { openModelFolder } from "../packages/model/src/folder.ts";

const { onnx } = proto;
const { DataType } = onnx.TensorProto;

/** Voxel values on which a pass fails; a pass that does not see one is as ever. */
export const badIndex = 20_000;
export const outOfMemory = -20_000;

/**
 * Compiles a model folder into a server's data folder, and changes the network there: over a voxel of `badIndex` it reads
 * outside an array, over one of `outOfMemory` it asks for more memory than there is, and the runtime fails as it would.
 */
export async function compileFailing(folder: string, data: string): Promise<void> {
  const { path } = await compileModel(await openModelFolder(folder), { cacheDir: join(data, "compiled") });
  const model = onnx.ModelProto.decode(readFileSync(path));
  const graph = onnx.GraphProto.create(model.graph ?? undefined);
  for (const node of graph.node) node.input = node.input?.map((name) => (name === "image" ? "watched" : name));
  graph.node.unshift(
    node("ReduceMax", ["image"], "highest", { keepdims: 0 }),
    node("Greater", ["highest", "too_high"], "is_high"),
    node("Cast", ["is_high"], "one_when_high", { to: DataType.INT64 }),
    node("Gather", ["lone_zero", "one_when_high"], "zero"),
    node("ReduceMin", ["image"], "lowest", { keepdims: 0 }),
    node("Less", ["lowest", "too_low"], "is_low"),
    node("Cast", ["is_low"], "one_when_low", { to: DataType.INT64 }),
    node("Mul", ["one_when_low", "much"], "much_when_low"),
    node("Add", ["much_when_low", "one"], "length"),
    node("ConstantOfShape", ["length"], "zeros"),
    node("ReduceMax", ["zeros"], "another_zero", { keepdims: 0 }),
    node("Add", ["zero", "another_zero"], "nothing"),
    node("Add", ["image", "nothing"], "watched"),
  );
  graph.initializer.push(
    constant("too_high", DataType.FLOAT, [], new Float32Array([badIndex - 0.5])),
    constant("too_low", DataType.FLOAT, [], new Float32Array([outOfMemory + 0.5])),
    constant("lone_zero", DataType.FLOAT, [1], new Float32Array(1)),
    constant("much", DataType.INT64, [], BigInt64Array.of(2n ** 50n)),
    constant("one", DataType.INT64, [1], BigInt64Array.of(1n)),
  );
  writeFileSync(path, onnx.ModelProto.encode({ ...model, graph }).finish());
}

function node(opType: string, input: string[], output: string, attributes: Readonly<Record<string, number>> = {}) {
  const attribute = Object.entries(attributes).map(([name, i]) => ({
    name,
    type: onnx.AttributeProto.AttributeType.INT,
    i,
  }));
  return onnx.NodeProto.create({ opType, input, output: [output], name: output, attribute });
}

function constant(name: string, dataType: number, dims: number[], { buffer }: Float32Array | BigInt64Array) {
  return onnx.TensorProto.create({ name, dataType, dims, rawData: new Uint8Array(buffer) });
}
