import { cpSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const graph = fileURLToPath(new URL("../fixtures/graphs/plain/model", import.meta.url));

/**
 * A model folder of a network of a few kilobytes, with a patch of 4 × 8 × 12 voxels: a pass costs about a millisecond. It
 * was never trained, and takes about half of what it sees for the object; its settings let it zoom out at the slightest
 * change at the border, so that a prompt is refined in dozens of passes. The caller removes the folder.
 */
export function smallModel(): string {
  const folder = mkdtempSync(join(tmpdir(), "septum-model-"));
  cpSync(graph, folder, { recursive: true });
  const file = join(folder, "inference_info.json");
  const info = JSON.parse(readFileSync(file, "utf8"));
  const septum = { cover_margin: 1, border_change: { absolute: 10, minimum: 1, relative: 0.01 } };
  writeFileSync(file, JSON.stringify({ ...info, septum }));
  return folder;
}
