/** Builds small checkpoints and reads NumPy arrays. For tests only. */
import { crc32, deflateRawSync } from "node:zlib";

/** One file for `zip`. */
export interface ZipFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly deflate?: boolean;
}

/**
 * A ZIP archive as PyTorch writes it: sizes in the central directory only, and, when asked for, in ZIP64 form throughout.
 */
export function zip(files: readonly ZipFile[], { zip64 = false } = {}): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  const add = (bytes: Uint8Array) => {
    parts.push(bytes);
    at += bytes.length;
  };
  for (const { name, bytes, deflate } of files) {
    const label = new TextEncoder().encode(name);
    const data = deflate ? deflateRawSync(bytes) : bytes;
    const method = deflate ? 8 : 0;
    const localOffset = at;
    add(struct("I H H H I I I I H H", [0x04034b50, 20, 0x0808, method, 0, 0, 0, 0, label.length, 5]));
    add(label);
    add(new Uint8Array(5)); // the extra field that pads the payload
    add(data);
    const wide = [bytes.length, data.length, localOffset];
    const extra = zip64 ? struct("H H Q Q Q", [1, 24, ...wide]) : new Uint8Array(0);
    const [size, packed, offset] = zip64 ? [0xffffffff, 0xffffffff, 0xffffffff] : wide;
    directory.push(
      struct("I H H H H I I I I H H H H H I I", [
        ...[0x02014b50, 45, 45, 0x0808, method, 0, crc32(bytes), packed, size, label.length, extra.length],
        ...[0, 0, 0, 0, offset],
      ]),
      label,
      extra,
    );
  }
  const start = at;
  for (const bytes of directory) add(bytes);
  const size = at - start;
  if (zip64) {
    const end = at;
    add(struct("I Q H H I I Q Q Q Q", [0x06064b50, 44, 45, 45, 0, 0, files.length, files.length, size, start]));
    add(struct("I I Q I", [0x07064b50, 0, end, 1]));
    add(struct("I H H H H I I H", [0x06054b50, 0, 0, 0xffff, 0xffff, 0xffffffff, 0xffffffff, 0]));
  } else {
    add(struct("I H H H H I I H", [0x06054b50, 0, 0, files.length, files.length, size, start, 0]));
  }
  return join(parts);
}

/** An opcode or byte, letters as they are, or bytes. */
export type Part = number | string | Uint8Array;

/** The bytes of some parts of a pickle, one after the other. */
export function ops(...parts: Part[]): Uint8Array {
  return join(
    parts.map((part) => {
      if (typeof part === "number") return Uint8Array.of(part);
      return typeof part === "string" ? new TextEncoder().encode(part) : part;
    }),
  );
}

export function unicode(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  return ops("X", struct("I", [bytes.length]), bytes);
}

export function int(value: number): Uint8Array {
  return ops("J", struct("I", [value >>> 0]));
}

/** A tensor for `checkpoint`. `values` become its storage unless it shares one by `key`. */
export interface FakeTensor {
  readonly shape: readonly number[];
  readonly strides?: readonly number[];
  readonly offset?: number;
  readonly storage?: string;
  readonly key?: string;
  /** Raw storage bytes; default: float32 zeros. */
  readonly bytes?: Uint8Array;
  readonly length?: number;
}

export interface FakeCheckpoint {
  readonly weights: Readonly<Record<string, FakeTensor>>;
  readonly configuration?: string;
  /** Pickled items to stand before the others in the top dictionary. */
  readonly extra?: Uint8Array;
  readonly zip64?: boolean;
  readonly byteOrder?: string;
}

/** A checkpoint file with the given weights. */
export function checkpoint({ weights, configuration = "3d_fullres", ...rest }: FakeCheckpoint): Uint8Array {
  const files = new Map<string, ZipFile>();
  const items = Object.entries(weights).map(([name, tensor], i) => {
    const elements = tensor.shape.reduce((product, edge) => product * edge, 1);
    const key = tensor.key ?? String(i);
    if (!files.has(key)) {
      files.set(key, { name: `archive/data/${key}`, bytes: tensor.bytes ?? new Uint8Array(4 * elements) });
    }
    const strides = tensor.strides ?? contiguous(tensor.shape);
    const storage = ops(
      ...["(", unicode("storage"), `ctorch\n${tensor.storage ?? "FloatStorage"}\n`, unicode(key), unicode("cuda:0")],
      ...[int(tensor.length ?? elements), "tQ"],
    );
    return ops(
      ...[unicode(name), "ctorch._utils\n_rebuild_tensor_v2\n(", storage, int(tensor.offset ?? 0)],
      ...["(", ...tensor.shape.map(int), "t(", ...strides.map(int), "t", 0x89, ")tR"],
    );
  });
  const pickle = ops(
    ...[0x80, 2, "}(", rest.extra ?? "", unicode("network_weights"), "ccollections\nOrderedDict\n)R(", ...items, "u"],
    ...[
      "}",
      unicode("_metadata"),
      "}sb",
      unicode("init_args"),
      "}",
      unicode("configuration"),
      unicode(configuration),
      "s",
    ],
    ...["u."],
  );
  return zip(
    [
      { name: "archive/data.pkl", bytes: pickle },
      { name: "archive/byteorder", bytes: new TextEncoder().encode(rest.byteOrder ?? "little") },
      ...files.values(),
    ],
    { zip64: rest.zip64 },
  );
}

/** A float32 `.npy` file in C order. */
export function readNpy(bytes: Uint8Array): { shape: number[]; data: Float32Array<ArrayBuffer> } {
  const headerLength = new DataView(bytes.buffer, bytes.byteOffset).getUint16(8, true);
  const header = new TextDecoder().decode(bytes.subarray(10, 10 + headerLength));
  if (!header.includes("'<f4'") || !header.includes("'fortran_order': False"))
    throw new Error(`Not C-ordered float32: ${header}`);
  const shape = (/\(([^)]*)\)/.exec(header)?.[1] ?? "").split(",").filter((edge) => edge.trim() !== "");
  return { shape: shape.map(Number), data: new Float32Array(new Uint8Array(bytes.subarray(10 + headerLength)).buffer) };
}

export function join(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Little-endian H (16 bits), I (32) and Q (64). */
function struct(format: string, values: readonly number[]): Uint8Array {
  const widths = format.split(" ").map((letter) => ({ H: 2, I: 4, Q: 8 })[letter] as number);
  const bytes = new Uint8Array(widths.reduce((sum, width) => sum + width, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [i, width] of widths.entries()) {
    if (width === 2) view.setUint16(at, values[i], true);
    else if (width === 4) view.setUint32(at, values[i], true);
    else view.setBigUint64(at, BigInt(values[i]), true);
    at += width;
  }
  return bytes;
}

function contiguous(shape: readonly number[]): number[] {
  return shape.map((_, k) => shape.slice(k + 1).reduce((product, edge) => product * edge, 1));
}
