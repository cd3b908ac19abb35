import { memoryStore } from "@septum/store";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { type Harness, scan, startHarness } from "../packages/server/src/testing/harness.ts";
import { isConflict, openPage, type Page, seenBy, truth } from "./replicas.ts";

/** Long enough for a machine with much else to do; without trouble it takes a few milliseconds. */
const patience = { timeout: 20_000, interval: 20 };

const onClose: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of onClose.splice(0).reverse()) await close();
});

async function serve(port = 0, store = memoryStore()): Promise<{ harness: Harness; url: string; id: string }> {
  // Every pass lets others in between.
  const harness = await startHarness({ store, onPass: () => pause(1), app: { now: Date.now } });
  onClose.push(() => harness.app.close());
  const url = await harness.app.listen({ host: "127.0.0.1", port });
  const id = port === 0 ? await harness.loaded() : "";
  return { harness, url, id };
}

function open(url: string, id: string): Page {
  const page = openPage(url, id);
  onClose.push(() => page.close());
  return page;
}

async function expectEqual(pages: readonly Page[]): Promise<void> {
  const [{ client }] = pages;
  await expect
    .poll(async () => {
      const right = await truth(client);
      return pages.map((page) => differences(seenBy(page), right));
    }, patience)
    .toEqual(pages.map(() => []));
  for (const { complaints } of pages) expect(complaints).toEqual([]);
}

/** Names of what is not the same, so that a failure can be read. */
function differences(seen: object | undefined, right: object | undefined): string[] {
  const text = (value: unknown) => JSON.stringify(value);
  const of = (side: object | undefined) => (side ?? {}) as Record<string, unknown>;
  return Object.keys(of(right)).filter((key) => text(of(seen)[key]) !== text(of(right)[key]));
}

type Step = (page: Page) => Promise<unknown>;

const voxel = fc.tuple(fc.nat(11), fc.nat(9), fc.nat(7));
const number = fc.integer({ min: 1, max: 4 });
const said = (text: string, step: Step): Step => Object.assign(step, { toString: () => text });

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: voxel.map((at) => said(`mark ${at}`, ({ client }) => client.markPoint({ voxel: at }))) },
  fc
    .tuple(voxel, number)
    .map(([at, n]) => said(`move ${n} to ${at}`, ({ client }) => client.markPoint({ voxel: at, point_number: n }))),
  number.map((n) => said(`remove ${n}`, ({ client }) => client.removePoint(n))),
  fc.constant(said("clear", ({ client }) => client.clearPoints())),
  { weight: 2, arbitrary: fc.constant(said("run", ({ client }) => client.run())) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(number, voxel, fc.boolean())
      .map(([label, at, positive]) =>
        said(`prompt ${label} at ${at} ${positive}`, ({ client }) =>
          client.prompt(label, { kind: "point", voxel: at, positive }),
        ),
      ),
  },
  number.map((n) => said(`undo ${n}`, ({ client }) => client.undo(n))),
  number.map((n) => said(`reset ${n}`, ({ client }) => client.reset(n))),
  number.map((n) => said(`remove object ${n}`, ({ client }) => client.removeSegment(n))),
  { weight: 2, arbitrary: fc.constant(said("undo step", ({ client }) => client.undoStep())) },
  { weight: 2, arbitrary: fc.constant(said("redo step", ({ client }) => client.redoStep())) },
  fc
    .tuple(number, fc.constantFrom("liver", "spleen", "left kidney"))
    .map(([n, name]) => said(`name ${n} ${name}`, ({ client }) => client.changeSegment(n, { name }))),
  fc.constant(said("upload", ({ client }) => client.upload(new Blob([new Uint8Array(scan())])))),
  { weight: 2, arbitrary: fc.constant(said("drop", async (page) => page.drop())) },
  fc.integer({ min: 1, max: 60 }).map((ms) =>
    said(`offline ${ms}`, async (page) => {
      page.setOnline(false);
      await pause(ms);
      page.setOnline(true);
    }),
  ),
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 15 }).map((ms) => said(`wait ${ms}`, () => pause(ms))) },
);

describe("several pages in one session", () => {
  test("end equal to the server, whatever they do at once and whichever connections are lost", async () => {
    const { url, harness } = await serve();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(step, { minLength: 1, maxLength: 12 }), { minLength: 2, maxLength: 4 }),
        async (scripts) => {
          const id = await harness.loaded();
          const pages = scripts.map(() => openPage(url, id));
          try {
            await Promise.all(
              pages.map(async (page, n) => {
                for (const act of scripts[n]) {
                  await act(page).catch((error: unknown) => {
                    if (!isConflict(error)) throw error;
                  });
                }
              }),
            );
            await expectEqual(pages);
          } finally {
            for (const page of pages) page.close();
          }
        },
      ),
      { numRuns: 25, endOnFailure: true },
    );
  }, 300_000);

  test("see each other's changes within half a second", async () => {
    const { url, id } = await serve();
    const [one, other] = [open(url, id), open(url, id)];
    await expect.poll(() => [one, other].map(({ facts }) => facts?.points.length), patience).toEqual([0, 0]);
    await pause(100);
    const timed = async (act: () => Promise<unknown>, there: () => boolean) => {
      await act();
      const start = performance.now();
      await expect.poll(there, { timeout: 20_000, interval: 1 }).toBe(true);
      return performance.now() - start;
    };
    /** Of three tries, so that another program's moment is not ours. */
    const slowest: number[] = [];
    for (const n of [1, 2, 3]) {
      const times = [
        await timed(
          () => one.client.markPoint({ voxel: [4 * n - 3, 3, 3] }),
          () => other.facts?.points.length === n,
        ),
        await timed(
          () => one.client.run(),
          () => other.labels.includes(n),
        ),
        await timed(
          () => one.client.changeSegment(n, { name: `liver ${n}` }),
          () => other.facts?.status.segments[n - 1]?.name === `liver ${n}`,
        ),
      ];
      slowest.push(Math.max(...times));
    }
    expect(Math.min(...slowest), `milliseconds: ${slowest.map(Math.round).join(", ")}`).toBeLessThan(500);
  });

  test("catch up after the server was started anew, without being opened again", async () => {
    const store = memoryStore();
    const { harness, url, id } = await serve(0, store);
    const pages = [open(url, id), open(url, id)];
    await pages[0].client.markPoint({ voxel: [3, 3, 3] });
    await pages[1].client.run();
    await expectEqual(pages);
    await harness.app.close();
    await serve(Number(new URL(url).port), store);
    const late = open(url, id);
    await late.client.markPoint({ voxel: [9, 8, 6] });
    await late.client.run();
    await expectEqual([late, ...pages]);
    expect(pages[0].labels.includes(2)).toBe(true);
  });

  test("who mark points at the same moment both get one", async () => {
    const { url, id } = await serve();
    const pages = Array.from({ length: 4 }, () => open(url, id));
    const marked = await Promise.all(pages.map(({ client }, n) => client.markPoint({ voxel: [n, 0, 0] })));
    expect(marked.map(({ point_number }) => point_number).toSorted()).toEqual([1, 2, 3, 4]);
    await expectEqual(pages);
  });

  test("who change one object at the same moment do so one after the other", async () => {
    const { url, id } = await serve();
    const pages = [open(url, id), open(url, id)];
    const voxels = [
      [3, 3, 3],
      [9, 8, 6],
    ] as const;
    await Promise.all(
      pages.map(({ client }, n) => client.prompt(1, { kind: "point", voxel: [...voxels[n]], positive: true })),
    );
    await expectEqual(pages);
    expect(pages[0].facts?.status.segments[0]?.prompts).toHaveLength(2);
  });
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
