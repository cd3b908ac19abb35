/** 4×4 matrix, row-major, 16 numbers: voxel index `[i, j, k, 1]` → world `[x, y, z, 1]`, RAS, mm. */
export type Affine = readonly number[];
