import { join } from "node:path";
import type { ChannelPair, ModelSettings, PromptKind } from "@septum/segment";
import type { Vec3 } from "@septum/volume";
import { z } from "zod";
import { ModelFolderError, UnsupportedModel } from "./errors.ts";
import { checkShape, parseJson, readOptional } from "./json.ts";
import { givenChannels, LIKENESS_CHANNELS } from "./likeness-graph.ts";

/** What a folder's metadata says; the patch size comes from the plans. */
export type Metadata = Omit<ModelSettings, "patchSize">;

/** The release of the reference whose behaviour we follow (`inference_class_min_version` is compared with it). */
export const REFERENCE_VERSION = "2.6.0";

const INFERENCE_CLASS = "nnInteractiveInferenceSession";
const MODERN = "inference_info.json";
const LEGACY = "inference_session_class.json";

const pair = z.tuple([z.int(), z.int()]);

const common = z.object({
  point_radius: z.number("has to be one number; random radii are not supported").positive().max(100).default(4),
  preferred_scribble_thickness: z.union([z.number(), z.array(z.number())]).default(2),
  interaction_decay: z.number().gt(0).max(1).nullable().default(0.98),
  pad_mode_image: z.literal("constant").default("constant"),
});

const supported = z.strictObject({
  points: z.boolean().default(true),
  bbox2d: z.boolean().default(true),
  bbox3d: z.boolean().default(false),
  scribble: z.boolean().default(true),
  lasso: z.boolean().default(true),
});

const channelMapping = z.strictObject({
  prev_seg: z.int().default(0),
  bbox2d: pair.default([1, 2]),
  bbox3d: pair.default([1, 2]),
  lasso: pair.default([1, 2]),
  points: pair.default([3, 4]),
  scribble: pair.default([5, 6]),
});

const septum = z.object({
  cover_margin: z.int().min(0).default(24),
  border_change: z
    .strictObject({ absolute: z.number().min(0), minimum: z.number().min(0), relative: z.number().min(0) })
    .default({ absolute: 1500, minimum: 100, relative: 0.2 }),
  likeness: z.boolean().default(false),
  second_look: z.boolean().default(false),
  first_view_mm: z.number().min(0).max(1000).default(0),
  heeds_points: z.boolean().default(false),
  reach: z.number().min(0).max(100).default(0),
});

const modern = common.extend({
  inference_class: z.string().default(INFERENCE_CLASS),
  inference_class_min_version: z.string().nullish(),
  supported_interactions: supported.prefault({}),
  supports_initial_label: z.boolean().default(true),
  supports_zero_shot_label_refinement: z.boolean().default(true),
  interaction_channels: z.int().min(1).max(1000).nullish(),
  channel_mapping: channelMapping.prefault({}),
  septum: septum.prefault({}),
});

type Modern = z.infer<typeof modern>;

/**
 * A folder's metadata: `inference_info.json` (spec §1.3), or else `inference_session_class.json` (§1.4).
 *
 * @throws ModelFolderError when neither is there or a value is wrong; UnsupportedModel when it wants another session class
 */
export async function readMetadata(folder: string): Promise<Metadata> {
  const text = await readOptional(folder, MODERN);
  if (text !== undefined) {
    const path = join(folder, MODERN);
    return toMetadata(checkShape(modern, parseJson(text, path), path), path);
  }
  const legacy = await readOptional(folder, LEGACY);
  if (legacy === undefined) {
    throw new ModelFolderError(`${folder} is no model folder: it has neither ${MODERN} nor ${LEGACY}`);
  }
  const path = join(folder, LEGACY);
  const value = parseJson(legacy, path);
  // A bare class name comes from the first releases, which decayed faster.
  if (typeof value === "string") return toMetadata(modern.parse({ interaction_decay: 0.9 }), path);
  return toMetadata(modern.parse(checkShape(common, value, path)), path);
}

function toMetadata(info: Modern, path: string): Metadata {
  if (info.inference_class !== INFERENCE_CLASS) {
    throw new UnsupportedModel(
      `${path} asks for the session class ${info.inference_class}; Septum is ${INFERENCE_CLASS}`,
    );
  }
  const wanted = info.inference_class_min_version ?? "0";
  if (isNewer(wanted, REFERENCE_VERSION)) {
    throw new UnsupportedModel(`${path} asks for version ${wanted} or later; Septum follows ${REFERENCE_VERSION}`);
  }
  const { prev_seg: previous, ...pairs } = info.channel_mapping;
  const count = channelCount(info, [previous, ...Object.values(pairs).flat()]);
  const resolve = (index: number, name: string): number => {
    const channel = index < 0 ? index + count : index;
    if (channel < 0 || channel >= count) {
      throw new ModelFolderError(
        `${path} maps ${name} to channel ${index}, but there are ${count} interaction channels`,
      );
    }
    return channel;
  };
  const channels = { previous: resolve(previous, "prev_seg") } as Record<string, number | ChannelPair>;
  for (const [kind, [positive, negative]] of Object.entries(pairs)) {
    channels[kind] = [resolve(positive, kind), resolve(negative, kind)];
  }
  refuseSharedPrevious(channels, info.supported_interactions, path);
  refuseTakenLikeness(
    channels,
    givenChannels({ interactionChannels: count, likeness: info.septum.likeness }),
    count,
    path,
  );
  return {
    interactionChannels: count,
    channels: channels as ModelSettings["channels"],
    supported: info.supported_interactions,
    supportsInitialMask: info.supports_initial_label,
    pointRadius: info.point_radius,
    decay: info.interaction_decay ?? 1,
    coverMargin: info.septum.cover_margin,
    likeness: info.septum.likeness,
    secondLook: info.septum.second_look,
    firstView: info.septum.first_view_mm,
    reach: info.septum.reach,
    heedsPoints: info.septum.heeds_points,
    borderChange: info.septum.border_change,
    hints: {
      scribbleThickness: perAxis(info.preferred_scribble_thickness),
      refinesMasks: info.supports_zero_shot_label_refinement,
    },
  };
}

/** One number counts for every axis; a list that is too short goes on with its last number. */
function perAxis(value: number | readonly number[]): Vec3 {
  const list = typeof value === "number" ? [value] : value;
  const at = (axis: number) => list[Math.min(axis, list.length - 1)] ?? 2;
  return [at(0), at(1), at(2)];
}

/** Spec §1.3: the stated number without the previous mask, or as many as the mapping reaches. */
function channelCount({ interaction_channels }: Modern, indices: readonly number[]): number {
  if (interaction_channels != null) return interaction_channels + 1;
  return Math.max(1, ...indices.map((index) => (index < 0 ? -index : index + 1)));
}

function refuseSharedPrevious(
  channels: Record<string, number | ChannelPair>,
  supported: Readonly<Record<PromptKind, boolean>>,
  path: string,
): void {
  for (const kind of Object.keys(supported) as PromptKind[]) {
    if (supported[kind] && (channels[kind] as ChannelPair).includes(channels.previous as number)) {
      throw new ModelFolderError(`${path} maps ${kind} and prev_seg to the same channel ${channels.previous}`);
    }
  }
}

/** The first `given` of `count` channels are for prompts; what is behind them is for likeness. */
function refuseTakenLikeness(
  channels: Record<string, number | ChannelPair>,
  given: number,
  count: number,
  path: string,
): void {
  if (Math.max(...Object.values(channels).flat()) >= given) {
    throw new ModelFolderError(
      `${path} asks for likeness, which needs the last ${LIKENESS_CHANNELS} of the ${count} interaction channels for itself, but maps prompts to them`,
    );
  }
}

/** Compares all digit runs as a tuple of integers, as the reference does. */
function isNewer(version: string, than: string): boolean {
  const [a, b] = [version, than].map((text) => (text.match(/\d+/g) ?? []).map(Number));
  for (let i = 0; i < a.length; i++) {
    if (i >= b.length || a[i] > b[i]) return true;
    if (a[i] < b[i]) return false;
  }
  return false;
}
