import { readFileSync } from "node:fs";
import type { DownloadProgress } from "@septum/model";
import { Command, InvalidArgumentError, Option } from "commander";
import type { Environment } from "./model-folder.ts";

/** What a command may touch: handed in, so that tests run it without a process. */
export interface Io {
  readonly env: Environment;
  /** A line of the result. */
  readonly print: (line: string) => void;
  /** A line about the result, on stderr. */
  readonly note: (line: string) => void;
  /** Overwrites the last such line; absent where nobody watches. */
  readonly progress?: (line: string) => void;
}

const devices = ["auto", "cpu", "cuda", "tensorrt", "coreml", "directml", "webgpu"];

/**
 * The commands. What they do is loaded when they are run, so that `septum segment` does not load the server; the flags of
 * `serve` and `doctor` are the server's own, so it is loaded when `args` ask for those commands or their help.
 */
export async function createProgram(args: readonly string[], io: Io): Promise<Command> {
  const program = new Command("septum")
    .description("Interactive 3D medical image segmentation")
    .version(version())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.print(text.trimEnd()),
      writeErr: (text) => io.note(text.trimEnd().replace(/^error: /, "septum: ")),
    });
  const serve = program.command("serve").description("start the server and the browser app");
  if (args.includes("serve")) (await import("./serve-command.ts")).fillServe(serve, io.env);
  const examine = program
    .command("doctor")
    .description("find out whether a server would start here, and how to mend what is wrong");
  if (args.includes("doctor")) (await import("./serve-command.ts")).fillDoctor(examine, io);
  addSegment(program, io);
  addModels(program, io);
  return program;
}

function addSegment(program: Command, io: Io): void {
  program
    .command("segment")
    .description("segment one object of a scan by a file of prompts")
    .argument("<image>", "NIfTI file, .nii or .nii.gz")
    .requiredOption("--prompts <file>", "JSON array of prompts")
    .requiredOption("--out <file>", "mask to write, .nii.gz or .nii")
    .option("--model <folder>", "model folder, or the name of a downloaded model (default: the built-in one)")
    .option("--report <file>", "JSON report to write: zooms, boxes, passes, times, voxels of every prompt")
    .option("--no-autozoom", "do not zoom out while the object reaches the border of the view")
    .option("--seed <number>", "for the one step that needs chance: same seed and prompts, same mask", wholeNumber, 0)
    .addOption(new Option("--device <name>", "what runs the network").choices(devices).default("auto"))
    .option("--threads <number>", "CPU threads of the network (default: one per core)", positiveNumber)
    .option("--frame <number>", "which volume of a file with several, from 0", wholeNumber)
    .action(async (image: string, options) => {
      const { segment } = await import("./segment-command.ts");
      const device = options.device === "directml" ? "dml" : options.device;
      await segment({ image, ...options, device }, io.env, io.print);
    });
}

function addModels(program: Command, io: Io): void {
  const models = program
    .command("models")
    .description("models of the nnInteractive catalogue, and folders of your own");
  const load = () => import("./models-command.ts");
  models
    .command("list")
    .description("what the catalogue has, and what of it is on this machine")
    .action(async () => (await load()).listModels(io.env, io.print, io.note));
  models
    .command("path")
    .description("the folder of a downloaded model, or of all of them")
    .argument("[id]")
    .action(async (id?: string) => (await load()).showPath(id, io.env, io.print));
  models
    .command("download")
    .description("show a model's licence, and fetch the model when it is accepted")
    .argument("<id>")
    .option("--accept-licence", "I have read the licence and accept it")
    .action(async (id: string, { acceptLicence }: { acceptLicence?: boolean }) => {
      const onProgress = io.progress && progressLine(io.progress);
      const { downloadModel } = await load();
      await downloadModel(id, { acceptLicence, onProgress }, io.env, io.print, io.note);
    });
  models
    .command("check")
    .description("read a model folder to the last weight and compile it")
    .argument("<folder>")
    .action(async (folder: string) => (await load()).checkModel(folder, io.env, io.print));
}

/** At most a few lines a second, and the last one. */
function progressLine(show: (line: string) => void): (progress: DownloadProgress) => void {
  let shown = 0;
  return ({ file, bytes, totalBytes }) => {
    const now = performance.now();
    if (now - shown < 200 && bytes < totalBytes) return;
    shown = now;
    show(`${file}: ${megabytes(bytes)} of ${megabytes(totalBytes)} MB`);
  };
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function wholeNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It has to be a whole number, 0 or more.");
}

function positiveNumber(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It has to be a whole number, 1 or more.");
}

function version(): string {
  return JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")).version;
}
