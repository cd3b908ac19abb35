import { CheckpointError } from "./errors.ts";

/**
 * A value read from a pickle: null, boolean, number, bigint, string, or one of the objects `Array` (lists and tuples),
 * `Map` (dicts), `Set`, `Uint8Array` (bytes), `Global`, `Opaque`, and whatever the caller's hooks return.
 */
export type PickleValue = null | boolean | number | bigint | string | object;

/** A Python class or function by name. It is only ever a name here. */
export class Global {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }
}

/** Stands for an object we do not build: it takes calls, state and items, and does nothing. */
export class Opaque {
  readonly what: string;

  constructor(what: string) {
    this.what = what;
  }
}

/** What the reader may build beyond plain values. Everything else becomes an `Opaque`. */
export interface PickleHooks {
  /** The object for a call of a global such as `torch._utils._rebuild_tensor_v2`, or undefined to leave it inert. */
  construct(path: string, args: readonly PickleValue[]): PickleValue | undefined;
  /** The object for a persistent id. */
  persistent(id: PickleValue): PickleValue | undefined;
}

/**
 * Reads a pickle (protocols 2 to 5) without running anything: a stack machine over plain values (spec §2.2).
 *
 * Memory and time are linear in the number of bytes. Throws `CheckpointError` with the position of what it refuses.
 */
export function readPickle(bytes: Uint8Array, hooks: PickleHooks): PickleValue {
  const machine = new Machine(bytes, hooks);
  for (;;) {
    const at = machine.at;
    const code = machine.byte();
    if (code === STOP) return machine.pop();
    const step = STEPS[code];
    if (step === undefined) {
      throw new CheckpointError(`unknown pickle opcode 0x${code.toString(16).padStart(2, "0")} at byte ${at}`);
    }
    step(machine);
  }
}

class Machine {
  at = 0;
  readonly memo = new Map<number, PickleValue>();
  readonly hooks: PickleHooks;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #stack: PickleValue[] = [];
  readonly #marks: number[] = [];

  constructor(bytes: Uint8Array, hooks: PickleHooks) {
    this.hooks = hooks;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  push(value: PickleValue): void {
    this.#stack.push(value);
  }

  pop(): PickleValue {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0)) throw this.#damaged("takes a value that is not there");
    return this.#stack.pop() as PickleValue;
  }

  top(): PickleValue {
    const value = this.pop();
    this.#stack.push(value);
    return value;
  }

  mark(): void {
    this.#marks.push(this.#stack.length);
  }

  popMark(): PickleValue[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw this.#damaged("takes a mark that is not there");
    return this.#stack.splice(mark);
  }

  /** POP takes away a mark when one lies on top. */
  discard(): void {
    if (this.#marks.at(-1) === this.#stack.length) this.#marks.pop();
    else this.pop();
  }

  remember(key: number): void {
    this.memo.set(key, this.top());
  }

  recall(key: number): void {
    const value = this.memo.get(key);
    if (value === undefined) throw this.#damaged(`recalls value ${key}, which was never stored`);
    this.push(value);
  }

  #damaged(what: string): CheckpointError {
    return new CheckpointError(`the pickle is damaged: it ${what} (before byte ${this.at})`);
  }

  /** Moves past `length` bytes and returns where they start. */
  skip(length: number): number {
    const start = this.at;
    if (length > this.#bytes.length - start) {
      throw new CheckpointError(`the pickle is truncated: ${length} bytes were expected at byte ${start}`);
    }
    this.at = start + length;
    return start;
  }

  byte(): number {
    return this.#view.getUint8(this.skip(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.skip(2), true);
  }

  int32(): number {
    return this.#view.getInt32(this.skip(4), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.skip(4), true);
  }

  uint64(): number {
    // A length beyond 2^53 loses its last digits and is refused by `skip` all the same.
    return Number(this.#view.getBigUint64(this.skip(8), true));
  }

  /** Pickle's only big-endian number. */
  float64(): number {
    return this.#view.getFloat64(this.skip(8), false);
  }

  bytes(length: number): Uint8Array {
    const start = this.skip(length);
    return new Uint8Array(this.#bytes.subarray(start, start + length));
  }

  text(length: number): string {
    const start = this.skip(length);
    return new TextDecoder().decode(this.#bytes.subarray(start, start + length));
  }

  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.at);
    if (end < 0) throw new CheckpointError(`the pickle is truncated: a name starting at byte ${this.at} does not end`);
    const line = this.text(end - this.at);
    this.at = end + 1;
    return line;
  }

  /** Little-endian two's complement. Beyond 64 bits (random generator states in training logs) it stays closed. */
  long(length: number): PickleValue {
    const bytes = this.bytes(length);
    if (length > 8) return new Opaque("a long integer");
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]);
    value = BigInt.asIntN(8 * length, value);
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }

  call(target: PickleValue, args: PickleValue): PickleValue {
    if (!(target instanceof Global)) return new Opaque("the result of an unknown call");
    return this.hooks.construct(target.path, Array.isArray(args) ? args : []) ?? new Opaque(target.path);
  }
}

const STOP = 0x2e;

const STEPS: Readonly<Record<number, (m: Machine) => void>> = {
  128: (m) => m.skip(1), // PROTO
  149: (m) => m.skip(8), // FRAME

  78: (m) => m.push(null), // NONE
  136: (m) => m.push(true), // NEWTRUE
  137: (m) => m.push(false), // NEWFALSE
  74: (m) => m.push(m.int32()), // BININT
  75: (m) => m.push(m.byte()), // BININT1
  77: (m) => m.push(m.uint16()), // BININT2
  138: (m) => m.push(m.long(m.byte())), // LONG1
  139: (m) => m.push(m.long(m.uint32())), // LONG4
  71: (m) => m.push(m.float64()), // BINFLOAT

  88: (m) => m.push(m.text(m.uint32())), // BINUNICODE
  140: (m) => m.push(m.text(m.byte())), // SHORT_BINUNICODE
  141: (m) => m.push(m.text(m.uint64())), // BINUNICODE8
  84: (m) => m.push(m.text(m.uint32())), // BINSTRING
  85: (m) => m.push(m.text(m.byte())), // SHORT_BINSTRING
  66: (m) => m.push(m.bytes(m.uint32())), // BINBYTES
  67: (m) => m.push(m.bytes(m.byte())), // SHORT_BINBYTES
  142: (m) => m.push(m.bytes(m.uint64())), // BINBYTES8
  150: (m) => m.push(m.bytes(m.uint64())), // BYTEARRAY8

  40: (m) => m.mark(), // MARK
  48: (m) => m.discard(), // POP
  49: (m) => void m.popMark(), // POP_MARK
  50: (m) => m.push(m.top()), // DUP
  113: (m) => m.remember(m.byte()), // BINPUT
  114: (m) => m.remember(m.uint32()), // LONG_BINPUT
  148: (m) => m.remember(m.memo.size), // MEMOIZE
  104: (m) => m.recall(m.byte()), // BINGET
  106: (m) => m.recall(m.uint32()), // LONG_BINGET

  93: (m) => m.push([]), // EMPTY_LIST
  125: (m) => m.push(new Map()), // EMPTY_DICT
  41: (m) => m.push([]), // EMPTY_TUPLE
  143: (m) => m.push(new Set()), // EMPTY_SET
  108: (m) => m.push(m.popMark()), // LIST
  116: (m) => m.push(m.popMark()), // TUPLE
  133: (m) => m.push([m.pop()]), // TUPLE1
  134: (m) => m.push([m.pop(), m.pop()].reverse()), // TUPLE2
  135: (m) => m.push([m.pop(), m.pop(), m.pop()].reverse()), // TUPLE3
  100: (m) => m.push(setItems(new Map(), m.popMark())), // DICT
  145: (m) => m.push(new Set(m.popMark())), // FROZENSET
  97: (m) => append(m, [m.pop()]), // APPEND
  101: (m) => append(m, m.popMark()), // APPENDS
  115: (m) => {
    const pair = [m.pop(), m.pop()].reverse();
    setItems(m.top(), pair);
  }, // SETITEM
  117: (m) => {
    const items = m.popMark();
    setItems(m.top(), items);
  }, // SETITEMS
  144: (m) => {
    const items = m.popMark();
    const set = m.top();
    if (set instanceof Set) for (const item of items) set.add(item);
  }, // ADDITEMS

  99: (m) => m.push(new Global(`${m.line()}.${m.line()}`)), // GLOBAL
  147: (m) => {
    const [name, module] = [m.pop(), m.pop()];
    m.push(typeof name === "string" && typeof module === "string" ? new Global(`${module}.${name}`) : new Opaque("?"));
  }, // STACK_GLOBAL
  82: call, // REDUCE
  129: call, // NEWOBJ
  146: (m) => {
    m.pop();
    call(m);
  }, // NEWOBJ_EX: keyword arguments are never needed
  98: (m) => void m.pop(), // BUILD: state is never applied; an OrderedDict carries `_metadata` here
  81: (m) => m.push(m.hooks.persistent(m.pop()) ?? new Opaque("a persistent object")), // BINPERSID
};

function call(m: Machine): void {
  const args = m.pop();
  m.push(m.call(m.pop(), args));
}

function append(m: Machine, items: readonly PickleValue[]): void {
  const list = m.top();
  if (Array.isArray(list)) for (const item of items) list.push(item);
}

/** Items for something that is not a dict are dropped, as an inert object would. */
function setItems(target: PickleValue, items: readonly PickleValue[]): PickleValue {
  if (target instanceof Map) for (let i = 0; i + 1 < items.length; i += 2) target.set(items[i], items[i + 1]);
  return target;
}
