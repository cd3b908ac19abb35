import { access, cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type LoadedModel, loadModel } from "@septum/model";
import { createSegmenter, prepareImage } from "@septum/segment";
import { legacyRandom } from "@septum/segment/testing";
import { type Box, unpackBits } from "@septum/volume";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readImageFile } from "./image-file.ts";
import { readPromptFile } from "./prompt-file.ts";
import { type PromptReport, runPrompts } from "./run-prompts.ts";

/** What the official Python code did with one prompt (README beside the goldens). */
interface Golden {
  readonly kind: PromptReport["kind"];
  readonly zooms: readonly number[];
  readonly boxes_ijk: readonly Box[];
  readonly changed_box_ijk: Box | null;
  readonly voxels: number;
  readonly random_leftover: boolean;
}

const shared = fileURLToPath(new URL("../../../../shared/", import.meta.url));
const isThere = await access(join(shared, "goldens/sessions")).then(
  () => true,
  () => false,
);
if (!isThere) process.stdout.write("goldens.test.ts is skipped: the shared reference data (../shared) is not here\n");

/** A session ends before a prompt with more refinement boxes than this, unless `SEPTUM_GOLDENS=all` is set: a box takes a second. */
const boxesAllowed = process.env.SEPTUM_GOLDENS === "all" ? Number.POSITIVE_INFINITY : 50;

/** A network that rounds differently moves a voxel whose two logits are nearly equal. Measured: none. */
const flippedAllowed = 3;

describe.runIf(isThere)("sessions of the official code", () => {
  let folder: string;
  let loaded: LoadedModel;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "septum-goldens-"));
    const model = join(folder, "light-v0");
    await cp(join(shared, "models/light-v0"), model, { recursive: true });
    // The goldens were made with the reference's constants, which hold when our own key is absent.
    const infoFile = join(model, "inference_info.json");
    const { septum: _ours, ...info } = JSON.parse(await readFile(infoFile, "utf8"));
    await rm(infoFile, { force: true });
    await writeFile(infoFile, JSON.stringify(info));
    loaded = await loadModel({ folder: model, cacheDir: folder, device: "cpu", threads: 2 });
  });

  afterAll(async () => {
    await loaded?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.each(["mr_hippocampus_001", "ct_abdomen_multiorgan", "ct_spleen"])("%s", { timeout: 1_200_000 }, async (name) => {
    const session = join(shared, "goldens/sessions", name);
    const { autozoom, prompts } = JSON.parse(await readFile(join(session, "expected.json"), "utf8"));
    const { volume } = await readImageFile(join(shared, "data/cases", name, "image.nii.gz"));
    const entries = await readPromptFile(join(session, "prompts.json"), volume);
    // One stream for the whole session, as in the process that made the goldens.
    const draws = legacyRandom(0);
    const segmenter = createSegmenter({ image: prepareImage(volume), model: loaded.model, random: () => draws });

    const all: Golden[] = prompts;
    const tooLong = all.findIndex(({ boxes_ijk }) => boxes_ijk.length > boxesAllowed);
    const goldens = tooLong < 0 ? all : all.slice(0, tooLong);
    if (tooLong >= 0)
      process.stdout.write(`${name}: prompts from ${tooLong + 1} on are compared with SEPTUM_GOLDENS=all\n`);
    let index = 0;
    for await (const report of runPrompts(segmenter, entries.slice(0, goldens.length), { autozoom })) {
      const golden = goldens[index];
      const expected = (await readImageFile(join(session, `mask_${index}.nii.gz`))).volume.data;
      const { differing, dice } = compare(unpackBits(segmenter.mask, volume.data.length), expected);
      index++;
      process.stdout.write(
        `${name} ${index} ${report.kind}: ${differing} voxels differ from the ${golden.voxels} of the official mask, ` +
          `Dice ${dice.toFixed(5)}, ${report.passes} passes\n`,
      );
      expect(report.kind).toBe(golden.kind);
      expect(report.zooms).toEqual(golden.zooms);
      expect(report.boxes).toEqual(golden.boxes_ijk);
      expect(report.random_leftover > 0).toBe(golden.random_leftover);
      // The official code answers an undo without saying where it was.
      if (golden.kind !== "undo") expect(report.changed_box).toEqual(golden.changed_box_ijk);
      expect(Math.abs(report.voxels - golden.voxels)).toBeLessThanOrEqual(flippedAllowed);
      expect(differing).toBeLessThanOrEqual(flippedAllowed);
    }
    expect(index).toBe(goldens.length);
  });
});

function compare(mask: ArrayLike<number>, expected: ArrayLike<number>) {
  let differing = 0;
  let both = 0;
  let sum = 0;
  for (let n = 0; n < expected.length; n++) {
    const [ours, theirs] = [mask[n], expected[n] ? 1 : 0];
    if (ours !== theirs) differing++;
    both += ours & theirs;
    sum += ours + theirs;
  }
  return { differing, dice: sum === 0 ? 1 : (2 * both) / sum };
}
