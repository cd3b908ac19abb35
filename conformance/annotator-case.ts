import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Vec3 } from "@septum/volume";

/** A scan to work on, and a voxel well inside each of three structures, six voxels or more from the scan's border. */
export interface AnnotatorCase {
  readonly path: string;
  readonly structures: readonly [Structure, Structure, Structure];
}

export interface Structure {
  readonly name: string;
  readonly voxel: Vec3;
}

const spine = fileURLToPath(new URL("../../shared/data/cases/ct_vertebra_subregions/image.nii.gz", import.meta.url));
const sample = fileURLToPath(new URL("../fixtures/sample/ct-abdomen.nii.gz", import.meta.url));

/** A lumbar CT with axes that run back, down and right where the shared reference data is there, else the sample. */
export const annotatorCase: AnnotatorCase = existsSync(spine)
  ? {
      path: spine,
      structures: [
        { name: "vertebral body", voxel: [19, 24, 36] },
        { name: "vertebral arch", voxel: [38, 22, 26] },
        { name: "spinous process", voxel: [59, 26, 38] },
      ],
    }
  : {
      path: sample,
      structures: [
        { name: "liver", voxel: [80, 50, 95] },
        { name: "bladder", voxel: [59, 53, 18] },
        { name: "spleen", voxel: [28, 33, 98] },
      ],
    };
