import { fromHalfBits } from "@septum/volume";
import { CheckpointError } from "./errors.ts";

/** Number formats of a PyTorch storage, by class name, with the bytes of one element. */
export const STORAGE_BYTES = {
  FloatStorage: 4,
  HalfStorage: 2,
  BFloat16Storage: 2,
  DoubleStorage: 8,
  LongStorage: 8,
  IntStorage: 4,
  ShortStorage: 2,
  CharStorage: 1,
  ByteStorage: 1,
  BoolStorage: 1,
} as const;

export type StorageType = keyof typeof STORAGE_BYTES;

/** A block of numbers in the checkpoint: ZIP entry `data/<key>`. Several tensors may look into one. */
export class Storage {
  readonly type: StorageType;
  readonly key: string;
  /** Elements, not bytes. */
  readonly length: number;

  constructor(type: StorageType, key: string, length: number) {
    this.type = type;
    this.key = key;
    this.length = length;
  }
}

/** A strided view of a storage: element `[i...]` is at `offset + sum(i[k] * strides[k])`, counted in elements. */
export class TensorView {
  readonly storage: Storage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  constructor(storage: Storage, offset: number, shape: readonly number[], strides: readonly number[]) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

/** Number of elements of a shape. */
export function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, edge) => product * edge, 1);
}

/**
 * The tensor's elements as float32 in C order, in memory of their own.
 *
 * @param bytes the whole storage, little-endian
 * @throws CheckpointError when the view reaches out of its storage or the storage holds integers
 */
export function readFloats(tensor: TensorView, bytes: Uint8Array): Float32Array<ArrayBuffer> {
  const { storage, offset, shape, strides } = tensor;
  const toFloats = DECODERS[storage.type];
  if (toFloats === undefined)
    throw new CheckpointError(`holds ${storage.type} where numbers with a fraction are needed`);
  const width = STORAGE_BYTES[storage.type];
  if (bytes.length < storage.length * width) {
    throw new CheckpointError(
      `truncated: storage ${storage.key} has ${bytes.length} of ${storage.length * width} bytes`,
    );
  }
  checkView(tensor);
  const count = elementsOf(shape);
  if (isContiguous(shape, strides)) return toFloats(bytes.subarray(offset * width, (offset + count) * width));
  return gather(toFloats(bytes.subarray(0, storage.length * width)), tensor, count);
}

/** Refuses views that reach outside, and views that repeat elements (a few bytes could ask for any amount of memory). */
function checkView({ storage, offset, shape, strides }: TensorView): void {
  const count = elementsOf(shape);
  const last = count === 0 ? offset : shape.reduce((at, edge, k) => at + (edge - 1) * strides[k], offset);
  if (count > storage.length || last >= storage.length) {
    throw new CheckpointError(
      `reaches element ${Math.max(last, offset + count - 1)} of storage ${storage.key}, which has ${storage.length}`,
    );
  }
}

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let k = shape.length - 1; k >= 0; k--) {
    if (shape[k] !== 1 && strides[k] !== expected) return false;
    expected *= shape[k];
  }
  return true;
}

function gather(
  values: Float32Array,
  { offset, shape, strides }: TensorView,
  count: number,
): Float32Array<ArrayBuffer> {
  const out = new Float32Array(count);
  const index = new Array<number>(shape.length).fill(0);
  let at = offset;
  for (let i = 0; i < count; i++) {
    out[i] = values[at];
    for (let k = shape.length - 1; k >= 0; k--) {
      index[k]++;
      at += strides[k];
      if (index[k] < shape[k]) break;
      at -= shape[k] * strides[k];
      index[k] = 0;
    }
  }
  return out;
}

type Decoder = (bytes: Uint8Array) => Float32Array<ArrayBuffer>;

const DECODERS: Partial<Record<StorageType, Decoder>> = {
  FloatStorage: (bytes) => new Float32Array(new Uint8Array(bytes).buffer),
  DoubleStorage: (bytes) => Float32Array.from(new Float64Array(new Uint8Array(bytes).buffer)),
  BFloat16Storage: (bytes) => {
    const halves = new Uint16Array(new Uint8Array(bytes).buffer);
    const out = new Float32Array(halves.length);
    const bits = new Uint32Array(out.buffer);
    for (let i = 0; i < halves.length; i++) bits[i] = halves[i] << 16;
    return out;
  },
  HalfStorage: (bytes) => Float32Array.from(new Uint16Array(new Uint8Array(bytes).buffer), fromHalfBits),
};
