import { fileURLToPath } from "node:url";

/** Files that come with the program, found from where this file lies (`src` and `dist` are equally deep). */
function shipped(path: string): string {
  return fileURLToPath(new URL(`../../../${path}`, import.meta.url));
}

export const builtInModel = shipped("models/light-v2");
export const builtApp = shipped("packages/app/dist");
export const sampleScan = shipped("fixtures/sample/ct-abdomen.nii.gz");
