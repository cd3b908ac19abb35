import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTurns, type Stage } from "./turns.ts";

describe("createTurns()", () => {
  it("serves owners in turn, however much each has waiting", () => {
    const turns = createTurns<string>();
    for (const item of ["a1", "a2", "a3"]) turns.add("a", "refine", item);
    turns.add("b", "refine", "b1");
    turns.add("c", "refine", "c1");
    turns.add("b", "refine", "b2");
    expect(drain(turns)).toEqual(["a1", "b1", "c1", "a2", "b2", "a3"]);
  });

  it("serves first passes before refinement passes among those whose turn it can be", () => {
    const turns = createTurns<string>();
    turns.add("a", "refine", "a refine");
    turns.add("b", "refine", "b refine");
    turns.add("c", "coarse", "c coarse");
    turns.add("b", "coarse", "b coarse");
    expect(drain(turns)).toEqual(["b coarse", "c coarse", "a refine", "b refine"]);
  });

  it("serves a newcomer's first pass next while others refine", () => {
    const turns = createTurns<string>();
    for (let n = 0; n < 5; n++) {
      turns.add("a", "refine", `a${n}`);
      turns.add("b", "refine", `b${n}`);
    }
    expect([turns.next(), turns.next(), turns.next()]).toEqual(["a0", "b0", "a1"]);
    turns.add("c", "coarse", "click");
    expect(turns.next()).toBe("click");
  });

  it("serves every click of somebody who clicks now and then next, refinements of it too", () => {
    const turns = createTurns<string>();
    const refiners = ["a", "b", "c"];
    for (const name of refiners) turns.add(name, "refine", name);
    /** The next pass is served, and asked for again when it was a refiner's. */
    const serve = () => {
      const name = turns.next() as string;
      if (refiners.includes(name)) turns.add(name, "refine", name);
      return name;
    };
    for (let n = 0; n < 30; n++) serve();
    for (let click = 0; click < 10; click++) {
      for (const stage of ["coarse", "refine", "refine"] as const) {
        turns.add("d", stage, "d");
        expect(serve()).toBe("d");
        // Also when the device did not wait while the next patch was cut.
        serve();
      }
      for (let n = 0; n < 9; n++) serve();
    }
  });

  it("serves a newcomer with much work ahead of others for a while, and then in turn", () => {
    const turns = createTurns<string>();
    const serve = (count: number) =>
      Array.from({ length: count }, () => {
        const name = turns.next() as string;
        turns.add(name, "refine", name);
        return name;
      }).join("");
    turns.add("a", "refine", "a");
    turns.add("b", "refine", "b");
    serve(60);
    turns.add("c", "refine", "c");
    expect(serve(30)).toMatch(/^c{8,10}(abc){6,}/);
  });

  it("lets no stream of newcomers keep out those who were there before", () => {
    const newcomers = fc.array(fc.record({ after: fc.nat(6), passes: fc.integer({ min: 1, max: 12 }) }), {
      minLength: 20,
      maxLength: 60,
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), newcomers, (count, stream) => {
        const turns = createTurns<string>();
        const refiners = Array.from({ length: count }, (_, n) => `refiner ${n}`);
        for (const name of refiners) turns.add(name, "refine", name);
        const waits = new Map(refiners.map((name) => [name, 0]));
        const left = new Map<string, number>();
        let most = 0;
        const serve = () => {
          const name = turns.next() as string;
          for (const [refiner, wait] of waits) waits.set(refiner, refiner === name ? 0 : wait + 1);
          most = Math.max(most, ...waits.values());
          const passes = (left.get(name) ?? 1) - 1;
          left.set(name, passes);
          if (waits.has(name) || passes > 0) turns.add(name, "refine", name);
        };
        for (const [n, { after, passes }] of stream.entries()) {
          for (let pass = 0; pass < after; pass++) serve();
          left.set(`new ${n}`, passes);
          turns.add(`new ${n}`, "coarse", `new ${n}`);
          // Those who came before the newcomers and those of them who wait as long.
          const waiting = new Set(turns.order()).size;
          expect(most).toBeLessThanOrEqual(16 + 4 * (waiting + 1));
        }
      }),
    );
  });

  it("serves a click of a fourth next although three have waited long", () => {
    const turns = createTurns<string>();
    for (const name of ["a", "b", "c"]) for (let n = 0; n < 50; n++) turns.add(name, "refine", name);
    for (let n = 0; n < 60; n++) {
      turns.next();
      if (n % 5 !== 0) continue;
      turns.add("d", "coarse", "d");
      expect(turns.next()).toBe("d");
    }
  });

  it("says whether somebody's pass would be next if it came now", () => {
    const turns = createTurns<string>();
    expect(turns.isNext("a", "refine")).toBe(true);
    for (let n = 0; n < 30; n++) turns.add("a", "refine", "a");
    for (let n = 0; n < 20; n++) turns.next();
    expect([turns.isNext("b", "refine"), turns.isNext("a", "refine")]).toEqual([true, false]);
    for (let n = 0; n < 20; n++) {
      const said = turns.isNext("b", "refine");
      turns.add("b", "refine", "b");
      expect(turns.order()[0] === "b").toBe(said);
      turns.next();
      if (!said) turns.remove("b");
    }
  });

  it("never serves an owner twice before all others who wait were served", () => {
    const owners = fc.integer({ min: 1, max: 6 });
    const stages = fc.array(fc.constantFrom<Stage>("coarse", "refine"), { minLength: 60, maxLength: 60 });
    fc.assert(
      fc.property(owners, stages, (count, stageOf) => {
        const turns = createTurns<string>();
        const names = Array.from({ length: count }, (_, n) => `owner ${n}`);
        for (const [n, name] of names.entries()) turns.add(name, stageOf[n], name);
        const served = new Map(names.map((name) => [name, 0]));
        for (let n = count; n < stageOf.length; n++) {
          const name = turns.next() as string;
          served.set(name, (served.get(name) ?? 0) + 1);
          turns.add(name, stageOf[n], name); // always waiting
          expect(Math.max(...served.values()) - Math.min(...served.values())).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it("lets no refinement pass before a first pass of somebody served as often", () => {
    const work = fc.array(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.constantFrom<Stage>("coarse", "refine")));
    fc.assert(
      fc.property(work, (items) => {
        const turns = createTurns<{ owner: string; stage: Stage }>();
        for (const [owner, stage] of items) turns.add(`${owner}`, stage, { owner: `${owner}`, stage });
        let round = new Set<string>();
        for (let waiting = turns.order(); waiting.length > 0; waiting = turns.order()) {
          const item = turns.next();
          expect(item).toBe(waiting[0]);
          if (waiting.every(({ owner }) => round.has(owner))) round = new Set();
          if (item?.stage === "refine") {
            expect(waiting.filter(({ owner, stage }) => stage === "coarse" && !round.has(owner))).toEqual([]);
          }
          round.add(item?.owner ?? "");
        }
      }),
    );
  });

  it("forgets a removed item and says whether it was waiting", () => {
    const turns = createTurns<string>();
    turns.add("a", "coarse", "a1");
    turns.add("b", "refine", "b1");
    expect(turns.remove("a1")).toBe(true);
    expect(turns.remove("a1")).toBe(false);
    expect(turns.order()).toEqual(["b1"]);
    expect(turns.size).toBe(1);
    expect(turns.next()).toBe("b1");
    expect(turns.next()).toBeUndefined();
  });
});

function drain<T>(turns: { next(): T | undefined }): T[] {
  const items: T[] = [];
  for (let item = turns.next(); item !== undefined; item = turns.next()) items.push(item);
  return items;
}
