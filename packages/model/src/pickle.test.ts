import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CheckpointError } from "./errors.ts";
import { Global, Opaque, type PickleHooks, readPickle } from "./pickle.ts";
import { int, ops, type Part, unicode } from "./testing.ts";

const inert: PickleHooks = { construct: () => undefined, persistent: () => undefined };
const read = (...parts: Part[]) => readPickle(ops(0x80, 2, ...parts, "."), inert);

describe("readPickle()", () => {
  it.each([
    ["None", ["N"], null],
    ["True", [0x88], true],
    ["False", [0x89], false],
    ["BININT", [int(-5)], -5],
    ["BININT1", ["K", 200], 200],
    ["BININT2", ["M", 1, 2], 513],
    ["LONG1", [0x8a, 3, 0xff, 0xff, 0xff], -1],
    ["an empty LONG1", [0x8a, 0], 0],
    ["LONG4", [0x8b, 2, 0, 0, 0, 0x39, 0x30], 12345],
    ["BINFLOAT", ["G", 0xbf, 0xf8, 0, 0, 0, 0, 0, 0], -1.5],
    ["BINUNICODE", [unicode("é")], "é"],
    ["SHORT_BINUNICODE", [0x8c, 2, "ab"], "ab"],
    ["SHORT_BINSTRING", ["U", 2, "ab"], "ab"],
    ["SHORT_BINBYTES", ["C", 2, 9, 8], Uint8Array.of(9, 8)],
    ["lists", ["](", int(1), int(2), "e", int(3), "a"], [1, 2, 3]],
    [
      "tuples",
      ["(", ")", int(1), 0x85, int(1), int(2), 0x86, int(1), int(2), int(3), 0x87, "t"],
      [[], [1], [1, 2], [1, 2, 3]],
    ],
    [
      "dicts",
      ["}(", unicode("a"), int(1), "u", unicode("b"), int(2), "s"],
      new Map([
        ["a", 1],
        ["b", 2],
      ]),
    ],
    ["sets", [0x8f, "(", int(1), int(1), 0x90], new Set([1])],
    ["the memo", ["]", "q", 7, "h", 7, 0x86], [[], []]],
    ["the long memo", ["]", "r", 7, 0, 0, 0, "j", 7, 0, 0, 0, 0x86], [[], []]],
    ["MEMOIZE", [int(4), 0x94, "h", 0, 0x86], [4, 4]],
    ["FRAME, POP and DUP", [0x95, 0, 0, 0, 0, 0, 0, 0, 0, int(1), int(2), "02", 0x86], [1, 1]],
    ["POP of a mark", [int(1), "(0"], 1],
    ["POP_MARK", [int(1), "(", int(2), int(3), "1"], 1],
  ])("reads %s", (_, parts, value) => {
    expect(read(...(parts as Part[]))).toEqual(value);
  });

  it("keeps integers beyond 2^53 as bigint", () => {
    expect(read(0x8a, 8, 0, 0, 0, 0, 0, 0, 0, 0x40)).toBe(2n ** 62n);
  });

  it("never runs a global: calls, state and items on it do nothing", () => {
    const value = read("cos\nsystem\n", unicode("touch /tmp/x"), 0x85, "R", "}", unicode("a"), int(1), "s", "b");
    expect(value).toEqual(new Opaque("os.system"));
    expect(read(unicode("posix"), unicode("system"), 0x93)).toEqual(new Global("posix.system"));
    expect(read("cbuiltins\neval\n", ")", 0x81, int(1), "a")).toEqual(new Opaque("builtins.eval"));
    expect(read("cbuiltins\neval\n", ")R", ")R")).toEqual(new Opaque("the result of an unknown call"));
  });

  it("asks the hooks for calls and persistent ids", () => {
    const hooks: PickleHooks = {
      construct: (path, args) => (path === "a.b" ? [path, ...args] : undefined),
      persistent: (id) => ({ id }),
    };
    expect(readPickle(ops("ca\nb\n", int(3), 0x85, "R."), hooks)).toEqual(["a.b", 3]);
    expect(readPickle(ops(int(3), "Q."), hooks)).toEqual({ id: 3 });
  });

  it("leaves a dictionary alone when it is given state", () => {
    expect(read("}", "}", unicode("_metadata"), "}s", "b")).toEqual(new Map());
  });

  it.each([
    ["a text opcode of protocol 0", ["I1\n"], "unknown pickle opcode 0x49 at byte 2"],
    ["a value that is not there", ["a"], "it takes a value that is not there"],
    ["a value below a mark", [int(1), "(0", "(", "a"], "it takes a value that is not there"],
    ["a mark that is not there", ["t"], "it takes a mark that is not there"],
    ["an unknown memo entry", ["h", 3], "it recalls value 3, which was never stored"],
    ["a string longer than the file", ["X", 0xff, 0xff, 0xff, 0x7f], "2147483647 bytes were expected at byte 7"],
    ["a string of 2^64 bytes", [0x8d, 255, 255, 255, 255, 255, 255, 255, 255], "the pickle is truncated"],
    ["a name without end", ["cos"], "a name starting at byte 3 does not end"],
  ])("refuses %s", (_, parts, message) => {
    expect(() => read(...(parts as Part[]))).toThrow(message);
  });

  it("refuses a pickle without end", () => {
    expect(() => readPickle(ops(0x80, 2, "N"), inert)).toThrow(
      "the pickle is truncated: 1 bytes were expected at byte 3",
    );
  });

  it("ends on any bytes, with a value or a CheckpointError", () => {
    const codes = [..."NKMJGXUC(012qrh]})lt\x85\x86daesuecRb.Q\x81\x93\x94\x8a"].map((letter) => letter.charCodeAt(0));
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(...codes), fc.nat(255)), { maxLength: 200 }), (bytes) => {
        try {
          readPickle(Uint8Array.from(bytes), inert);
        } catch (error) {
          expect(error).toBeInstanceOf(CheckpointError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
