import { cp, mkdir, mkdtemp, readFile, rename, rm, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openModelFolder } from "./folder.ts";
import { checkpoint } from "./testing.ts";

const fixture = fileURLToPath(new URL("../../../fixtures/graphs/plain/model", import.meta.url));

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "septum-folder-"));
  await cp(fixture, folder, { recursive: true });
});
afterEach(() => rm(folder, { recursive: true }));

const write = (file: string, value: unknown) => writeFile(join(folder, file), JSON.stringify(value));

describe("openModelFolder()", () => {
  it("reads metadata, plans, licence and the weights' names", async () => {
    const model = await openModelFolder(folder);
    expect(model).toMatchObject({
      name: basename(folder),
      licence: "CC0-1.0",
      settings: { patchSize: [4, 8, 12], coverMargin: 1, interactionChannels: 7 },
      network: { kind: "PlainConvUNet" },
      checkpoint: { configuration: "3d_fullres", trainer: "nnInteractiveTrainer_stub" },
    });
    expect(model.checkpoint.weights.get("encoder.stages.0.0.convs.0.conv.weight")?.shape).toEqual([4, 8, 1, 3, 3]);
  });

  it("takes the licence from the first line that is not empty", async () => {
    await writeFile(join(folder, "LICENSE"), "\n  \r\n  CC BY 4.0 \nmore");
    expect((await openModelFolder(folder)).licence).toBe("CC BY 4.0");
  });

  it("says that the licence is missing, except for the official first model", async () => {
    await unlink(join(folder, "LICENSE"));
    expect((await openModelFolder(folder)).licence).toBe("!!MISSING!!");
    const { configurations } = JSON.parse(await readFile(join(folder, "plans.json"), "utf8"));
    const name = "3d_fullres_ps192_bs24";
    await write("plans.json", {
      dataset_name: "Dataset225_nnInteractiveV2",
      configurations: { [name]: configurations["3d_fullres"] },
    });
    await writeFile(join(folder, "fold_0", "checkpoint_final.pth"), checkpoint({ weights: {}, configuration: name }));
    expect((await openModelFolder(folder)).licence).toBe("CC BY-NC-SA 4.0");
  });

  it("needs the fold's name only when there are several", async () => {
    await rename(join(folder, "fold_0"), join(folder, "fold_all"));
    expect((await openModelFolder(folder)).checkpoint.path).toBe(join(folder, "fold_all", "checkpoint_final.pth"));
    await mkdir(join(folder, "fold_1"));
    await expect(openModelFolder(folder)).rejects.toThrow(`${folder} has several folds (fold_1, fold_all): name one`);
    expect((await openModelFolder(folder, { fold: "all" })).name).toBe(basename(folder));
    await rm(join(folder, "fold_1"), { recursive: true });
    await rm(join(folder, "fold_all"), { recursive: true });
    await expect(openModelFolder(folder)).rejects.toThrow("no folder named fold_<k>");
  });

  it("takes another checkpoint of the fold when it is named", async () => {
    await rename(join(folder, "fold_0", "checkpoint_final.pth"), join(folder, "fold_0", "checkpoint_best.pth"));
    await expect(openModelFolder(folder)).rejects.toThrow(/Cannot open checkpoint .*checkpoint_final\.pth/);
    expect((await openModelFolder(folder, { checkpoint: "checkpoint_best.pth" })).licence).toBe("CC0-1.0");
  });

  it("accepts the older `modality` for channel names", async () => {
    await write("dataset.json", { modality: { "0": "CT" }, labels: { background: 0, x: [1, 2] } });
    expect((await openModelFolder(folder)).licence).toBe("CC0-1.0");
  });

  it.each([
    [
      "two image channels",
      { channel_names: { 0: "a", 1: "b" }, labels: { background: 0 } },
      "names 2 image channels; Septum feeds one",
    ],
    ["no channels", { labels: { background: 0 } }, "has neither channel_names nor modality"],
    ["a background that is not 0", { channel_names: { 0: "a" }, labels: { background: 1 } }, "labels.background"],
  ])("refuses a data set with %s", async (_, dataset, message) => {
    await write("dataset.json", dataset);
    await expect(openModelFolder(folder)).rejects.toThrow(message);
  });

  it.each(["dataset.json", "plans.json"])("names %s when it is missing", async (file) => {
    await unlink(join(folder, file));
    await expect(openModelFolder(folder)).rejects.toThrow(`${folder} is no model folder: it has no ${file}`);
  });

  it("refuses a cover margin that leaves nothing of the patch", async () => {
    await write("inference_info.json", { septum: { cover_margin: 2 } });
    await expect(openModelFolder(folder)).rejects.toThrow(
      "patch size [4, 8, 12] is too small for a cover margin of 2 on each side; set septum.cover_margin in inference_info.json to less than 2",
    );
  });

  it("refuses likeness for a patch whose edges its cells do not fit", async () => {
    const plans = JSON.parse(await readFile(join(folder, "plans.json"), "utf8"));
    plans.configurations["3d_fullres"].patch_size = [4, 8, 10];
    await write("plans.json", plans);
    await write("inference_info.json", { interaction_channels: 13, septum: { cover_margin: 1, likeness: true } });
    await expect(openModelFolder(folder)).rejects.toThrow(
      "asks for likeness, which needs patch edges that are multiples of 4; they are [4, 8, 10]",
    );
  });
});
