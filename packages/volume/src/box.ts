/** Three numbers, one per axis. */
export type Vec3 = readonly [number, number, number];

/** Half-open interval of voxel indices: `lo` is inside, `hi` is not. */
export type Range = readonly [lo: number, hi: number];

/**
 * Half-open box of voxel indices, one range per axis. It may reach outside the volume on any side. The order of the axes
 * is the caller's: `[i, j, k]` next to a `Volume`, `[k, j, i]` inside the engine (docs/spaces.md).
 */
export type Box = readonly [Range, Range, Range];
