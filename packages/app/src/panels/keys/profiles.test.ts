import { describe, expect, it } from "vitest";
import { familyOf, keyCaps } from "./combos.ts";
import { keysOf, ownKeysWith, profiles, singleKeys } from "./profiles.ts";

describe.each(Object.keys(profiles))("profile %s", (profile) => {
  const keys = keysOf(profile, {});

  it("gives no key to two commands", () => {
    const all = Object.values(keys).flat();
    expect(all.filter((key, at) => all.indexOf(key) !== at)).toEqual([]);
  });

  it("has a key for everything but what the program it follows does otherwise", () => {
    const without = Object.entries(keys).filter(([, combos]) => combos.length === 0);
    expect(without.map(([id]) => id)).toEqual(profile === "itksnap" ? ["segment"] : []);
  });

  it("has a tool on a digit only where digits choose nothing else", () => {
    const digits = Object.values(keys)
      .flat()
      .filter((key) => /^\d$/.test(key));
    if (digits.length > 0) expect(Object.values(keys).flat()).not.toContain(familyOf("1")?.family);
  });
});

describe("a person's own keys", () => {
  it("take the place of the profile's", () => {
    expect(keysOf("nninteractive", { "tool-point": ["k"] })["tool-point"]).toEqual(["k"]);
  });

  it("are taken from the command that had them", () => {
    const keys = keysOf("nninteractive", { "tool-point": ["b"] });
    expect(keys["tool-point"]).toEqual(["b"]);
    expect(keys["tool-box"]).toEqual([]);
  });

  it("may be nine digits at once, which are taken from what they were for", () => {
    const keys = keysOf("itksnap", { segment: ["1-9"] });
    expect(keys.segment).toEqual(["1-9"]);
    expect(keys["tool-point"]).toEqual(["p"]);
    expect(keys["tool-scribble"]).toEqual([]);
    expect(keys.window).toEqual(["alt+1-9"]);
  });

  it("may be one of nine digits, which goes before the others", () => {
    const keys = keysOf("nninteractive", { "tool-point": ["1"] });
    expect(keys.segment).toEqual(["1-9"]);
    expect(keyCaps("1-9", singleKeys(keys))).toEqual(["2 … 9"]);
  });

  it("change places: the digits of presets with those of segments", () => {
    const own = ownKeysWith(ownKeysWith({}, "window", ["1-9"]), "segment", ["alt+1-9"]);
    const keys = keysOf("nninteractive", own);
    expect(keys.window).toEqual(["1-9"]);
    expect(keys.segment).toEqual(["alt+1-9"]);
  });

  it("leave the command that a person gave them to before", () => {
    const own = ownKeysWith({ "tool-box": ["3", "k"] }, "segment", ["1-9"]);
    expect(own).toEqual({ "tool-box": ["k"], segment: ["1-9"] });
    expect(ownKeysWith(own, "tool-pick", ["k"])).toEqual({ "tool-box": [], segment: ["1-9"], "tool-pick": ["k"] });
  });

  it("outlive a profile that is not there any more", () => {
    expect(keysOf("gone", {})).toEqual(keysOf("nninteractive", {}));
  });
});
