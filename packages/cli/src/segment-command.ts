import { resolve } from "node:path";
import { type DeviceName, type LoadedModel, loadModel } from "@septum/model";
import { createSegmenter, prepareImage } from "@septum/segment";
import { type Box, orientation, spacing, unpackBits, type Vec3, type Volume } from "@septum/volume";
import { CommandError, UsageError } from "./errors.ts";
import { checkMaskName, checkWritable, readImageFile, writeFileWhole, writeMaskFile } from "./image-file.ts";
import { cacheFolder, type Environment, resolveModel } from "./model-folder.ts";
import { readPromptFile } from "./prompt-file.ts";
import { type PromptReport, runPrompts } from "./run-prompts.ts";

export interface SegmentOptions {
  readonly image: string;
  readonly prompts: string;
  readonly out: string;
  readonly report?: string;
  /** A folder, or a name of the catalogue; default: the built-in model. */
  readonly model?: string;
  readonly autozoom?: boolean;
  readonly seed?: number;
  readonly device?: DeviceName | "auto";
  readonly threads?: number;
  /** Which volume of a file with several, from 0. */
  readonly frame?: number;
  readonly signal?: AbortSignal;
}

/** The content of the report file. */
export interface SegmentReport {
  readonly image: { readonly size: Vec3; readonly spacing_mm: Vec3; readonly orientation: string };
  readonly model: {
    readonly name: string;
    readonly licence: string;
    readonly patch_size: Vec3;
    readonly device: string;
    readonly providers: readonly { readonly name: string; readonly ok: boolean; readonly reason?: string }[];
  };
  readonly autozoom: boolean;
  readonly seed: number;
  readonly prompts: readonly PromptReport[];
  readonly voxels: number;
  readonly seconds: { readonly read: number; readonly load_model: number; readonly prompts: number };
}

/**
 * Applies a file of prompts to an image and writes the mask, and the report if asked for. `tell` gets a line per step.
 * Everything that can be refused is refused before the model is loaded.
 */
export async function segment(options: SegmentOptions, env: Environment, tell: (line: string) => void) {
  const { image, out, signal, autozoom = true, seed = 0 } = options;
  const written = options.report === undefined ? [out] : [out, options.report];
  const files = [image, options.prompts, ...written].map((path) => resolve(path));
  if (new Set(files).size < files.length) {
    throw new UsageError("IMAGE, --prompts, --out and --report have to be different files");
  }
  checkMaskName(out);
  for (const path of written) await checkWritable(path);
  const folder = await resolveModel(options.model, env);

  const started = performance.now();
  const { volume, header } = await readImageFile(image, options.frame);
  const entries = await readPromptFile(options.prompts, volume);
  const prepared = prepare(volume, image);
  const read = performance.now();

  const { device, threads } = options;
  const loaded = await loadModel({ folder, cacheDir: cacheFolder(env), device, threads });
  const ready = performance.now();
  try {
    tell(`${loaded.facts.name} (licence ${loaded.facts.licence}) on ${loaded.facts.device}`);
    const segmenter = createSegmenter({ image: prepared, model: loaded.model, seed });
    const prompts: PromptReport[] = [];
    for await (const report of runPrompts(segmenter, entries, { autozoom, signal })) {
      prompts.push(report);
      tell(describeStep(prompts.length, report));
    }
    const data = unpackBits(segmenter.mask, volume.data.length);
    await writeMaskFile(out, { ...volume, data, scaling: { slope: 1, intercept: 0 } }, header);
    const report: SegmentReport = {
      image: { size: volume.size, spacing_mm: spacing(volume.affine), orientation: orientation(volume.affine) },
      model: describeModel(loaded),
      autozoom,
      seed,
      prompts,
      voxels: segmenter.voxels,
      seconds: {
        read: seconds(read - started),
        load_model: seconds(ready - read),
        prompts: seconds(performance.now() - ready),
      },
    };
    if (options.report) await writeFileWhole(options.report, `${JSON.stringify(report, undefined, 2)}\n`);
    tell(`${segmenter.voxels} voxels written to ${out}`);
  } finally {
    await loaded.close();
  }
}

function prepare(volume: Volume, path: string) {
  try {
    return prepareImage(volume);
  } catch (cause) {
    throw new CommandError(`${path}: ${(cause as Error).message}`, { cause });
  }
}

function describeModel({ facts }: LoadedModel): SegmentReport["model"] {
  const { name, licence, patchSize, device, providers } = facts;
  return { name, licence, patch_size: patchSize, device, providers };
}

function describeStep(number: number, { kind, passes, voxels, changed_box, ...times }: PromptReport): string {
  const spent = (times.seconds_in_network + times.seconds_outside_network).toFixed(2);
  return `${number} ${kind}: ${voxels} voxels, ${passes} ${passes === 1 ? "pass" : "passes"}, ${spent} s, changed ${describeBox(changed_box)}`;
}

function describeBox(box: Box | null): string {
  return box ? box.map(([lo, hi]) => `${lo}:${hi}`).join(" ") : "nothing";
}

function seconds(milliseconds: number): number {
  return Number((milliseconds / 1000).toFixed(3));
}
