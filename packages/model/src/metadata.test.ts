import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readMetadata } from "./metadata.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "septum-metadata-"));
});
afterEach(() => rm(folder, { recursive: true }));

const official = {
  interactionChannels: 7,
  channels: { previous: 0, bbox2d: [1, 2], bbox3d: [1, 2], lasso: [1, 2], points: [3, 4], scribble: [5, 6] },
  supported: { points: true, bbox2d: true, bbox3d: false, scribble: true, lasso: true },
  supportsInitialMask: true,
  pointRadius: 4,
  decay: 0.98,
  coverMargin: 24,
  borderChange: { absolute: 1500, minimum: 100, relative: 0.2 },
  likeness: false,
  secondLook: false,
  firstView: 0,
  reach: 0,
  heedsPoints: false,
  hints: { scribbleThickness: [2, 2, 2], refinesMasks: true },
};

async function modern(info: unknown) {
  await writeFile(join(folder, "inference_info.json"), typeof info === "string" ? info : JSON.stringify(info));
  return readMetadata(folder);
}

async function legacy(info: unknown) {
  await writeFile(join(folder, "inference_session_class.json"), JSON.stringify(info));
  return readMetadata(folder);
}

describe("readMetadata() of inference_info.json", () => {
  it("fills in the reference's defaults", async () => {
    expect(await modern({})).toEqual(official);
  });

  it("prefers it over the legacy file", async () => {
    await legacy("nnInteractiveInferenceSession");
    expect((await modern({ interaction_decay: 0.5 })).decay).toBe(0.5);
  });

  it("takes no decay as 1", async () => {
    expect((await modern({ interaction_decay: null })).decay).toBe(1);
  });

  it("keeps defaults of interactions and channels that are not named", async () => {
    const { supported, channels } = await modern({
      supported_interactions: { lasso: false },
      channel_mapping: { scribble: [7, 8] },
    });
    expect(supported).toEqual({ ...official.supported, lasso: false });
    expect(channels).toEqual({ ...official.channels, scribble: [7, 8] });
  });

  it("counts negative channels from the end", async () => {
    const { channels, interactionChannels } = await modern({
      interaction_channels: 6,
      channel_mapping: {
        prev_seg: -1,
        bbox2d: [0, 1],
        bbox3d: [0, 1],
        lasso: [0, 1],
        points: [-5, -4],
        scribble: [4, 5],
      },
    });
    expect(interactionChannels).toBe(7);
    expect(channels).toMatchObject({ previous: 6, points: [2, 3] });
  });

  it("derives the number of channels from the mapping when it is not stated", async () => {
    expect((await modern({ channel_mapping: { scribble: [5, 9] } })).interactionChannels).toBe(10);
    const negative = { prev_seg: -9, bbox2d: [1, 2], bbox3d: [1, 2], lasso: [1, 2], points: [3, 4], scribble: [5, 6] };
    expect((await modern({ channel_mapping: negative })).interactionChannels).toBe(9);
  });

  it("reads Septum's own key", async () => {
    const settings = await modern({
      interaction_channels: 13,
      septum: {
        cover_margin: 8,
        border_change: { absolute: 167, minimum: 11, relative: 0.2 },
        likeness: true,
        second_look: true,
        first_view_mm: 64,
        reach: 3,
        heeds_points: true,
      },
    });
    expect(settings).toMatchObject({
      interactionChannels: 14,
      coverMargin: 8,
      borderChange: { absolute: 167, minimum: 11, relative: 0.2 },
      likeness: true,
      secondLook: true,
      firstView: 64,
      reach: 3,
      heedsPoints: true,
    });
  });

  it.each([
    ["no object", [1], "the file: Invalid input: expected object, received array"],
    ["broken JSON", "{", "inference_info.json is not JSON"],
    [
      "an unknown interaction",
      { supported_interactions: { eyes: true } },
      'supported_interactions: Unrecognized key: "eyes"',
    ],
    ["an unknown channel", { channel_mapping: { eyes: [1, 2] } }, 'channel_mapping: Unrecognized key: "eyes"'],
    [
      "one channel for a pair",
      { channel_mapping: { points: 3 } },
      "channel_mapping.points: Invalid input: expected tuple",
    ],
    ["three channels for a pair", { channel_mapping: { points: [1, 2, 3] } }, "channel_mapping.points: Too big"],
    [
      "a pair for prev_seg",
      { channel_mapping: { prev_seg: [0, 1] } },
      "channel_mapping.prev_seg: Invalid input: expected number",
    ],
    [
      "a channel too high",
      { interaction_channels: 4 },
      "maps scribble to channel 5, but there are 5 interaction channels",
    ],
    [
      "a channel too low",
      { interaction_channels: 6, channel_mapping: { points: [-8, 3] } },
      "maps points to channel -8",
    ],
    [
      "a prompt on the previous mask",
      { channel_mapping: { points: [0, 4] } },
      "maps points and prev_seg to the same channel 0",
    ],
    ["a decay of 0", { interaction_decay: 0 }, "interaction_decay: Too small"],
    ["a decay above 1", { interaction_decay: 1.1 }, "interaction_decay: Too big"],
    ["random radii", { point_radius: [2, 4] }, "point_radius: has to be one number; random radii are not supported"],
    ["another padding", { pad_mode_image: "edge" }, 'pad_mode_image: Invalid input: expected "constant"'],
    ["a negative margin", { septum: { cover_margin: -1 } }, "septum.cover_margin: Too small"],
    [
      "likeness without channels of its own",
      { septum: { likeness: true } },
      "needs the last 7 of the 7 interaction channels for itself, but maps prompts to them",
    ],
    ["a border rule without all numbers", { septum: { border_change: {} } }, "septum.border_change.absolute"],
    [
      "another session class",
      { inference_class: "Other" },
      "asks for the session class Other; Septum is nnInteractive",
    ],
    [
      "a later version",
      { inference_class_min_version: "2.6.1" },
      "asks for version 2.6.1 or later; Septum follows 2.6.0",
    ],
    ["a much later version", { inference_class_min_version: "v10" }, "asks for version v10 or later"],
  ])("refuses %s", async (_, info, message) => {
    await expect(modern(info)).rejects.toThrow(message);
  });

  it.each([
    [3, [3, 3, 3]],
    [
      [4, 1],
      [4, 1, 1],
    ],
    [
      [4, 2, 1],
      [4, 2, 1],
    ],
  ])("says for each axis how thick scribbles were: %j", async (preferred_scribble_thickness, scribbleThickness) => {
    const { hints } = await modern({ preferred_scribble_thickness, supports_zero_shot_label_refinement: false });
    expect(hints).toEqual({ scribbleThickness, refinesMasks: false });
  });

  it("accepts versions up to its own", async () => {
    for (const version of ["2", "2.5.9", "2.6.0", null]) {
      expect(await modern({ inference_class_min_version: version })).toEqual(official);
    }
  });
});

describe("readMetadata() of inference_session_class.json", () => {
  it("takes a bare class name as the fast decay of the first releases", async () => {
    expect(await legacy("nnInteractiveInferenceSession")).toEqual({ ...official, decay: 0.9 });
  });

  it("reads the official file of version 1.0", async () => {
    const file = { inference_class: "nnInteractiveInferenceSession", point_radius: 4, preferred_scribble_thickness: 2 };
    expect(await legacy(file)).toEqual(official);
  });

  it("does not check its class, and takes nothing but the four keys from it", async () => {
    expect(await legacy({ inference_class: "Older", point_radius: 3, interaction_channels: 20 })).toEqual({
      ...official,
      pointRadius: 3,
    });
  });
});

it("readMetadata() names both files when neither is there", async () => {
  await expect(readMetadata(folder)).rejects.toThrow(
    `${folder} is no model folder: it has neither inference_info.json nor inference_session_class.json`,
  );
});
