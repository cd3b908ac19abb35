import { describe, expect, it } from "vitest";
import { familyOf } from "./combos.ts";
import { keysOf, profiles } from "./profiles.ts";

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

  it("outlive a profile that is not there any more", () => {
    expect(keysOf("gone", {})).toEqual(keysOf("nninteractive", {}));
  });
});
