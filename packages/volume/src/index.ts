/**
 * Voxel grids with their place in the body, and NIfTI.
 *
 * Spaces and axis orders: docs/spaces.md. Nothing here does I/O or needs Node.
 *
 * @module
 */

export type { Affine } from "./affine.ts";
export {
  checkAffine,
  determinant,
  invertAffine,
  isSingular,
  multiplyAffines,
  orientation,
  rasToLps,
  spacing,
  voxelToWorld,
  worldToVoxel,
} from "./affine.ts";
export {
  bitBytes,
  bitsBoundingBox,
  copyBits,
  countBits,
  countWord,
  cutBits,
  getBit,
  packBits,
  pasteBits,
  readBits,
  readWords,
  unpackBits,
  wholeWords,
} from "./bit-mask.ts";
export {
  type Box,
  boxContains,
  boxSize,
  boxVoxels,
  clipBox,
  formatBox,
  intersectBoxes,
  isEmptyBox,
  type Range,
  shiftBox,
  uniteBoxes,
  type Vec3,
  wholeBox,
} from "./box.ts";
export { cropInto } from "./crop.ts";
export type { Gunzip } from "./gunzip.ts";
export { webGunzip } from "./gunzip.ts";
export { fromHalfBits, roundToHalf, toHalfBits } from "./half.ts";
export type { NiftiDtype } from "./nifti-dtype.ts";
export type { NiftiGeometry, NiftiHeader } from "./nifti-header.ts";
export type { ByteSource, NiftiHeaderOptions, NiftiImage, NiftiOptions } from "./nifti-read.ts";
export { readNifti, readNiftiHeader, readNiftiPair } from "./nifti-read.ts";
export type { NiftiGrid, NiftiParts, NiftiWriteOptions } from "./nifti-write.ts";
export { writeNifti, writeNiftiHeader } from "./nifti-write.ts";
export type { NrrdGrid } from "./nrrd-write.ts";
export { writeNrrdHeader } from "./nrrd-write.ts";
export type { Qform } from "./qform.ts";
export { affineToQform, qformToAffine } from "./qform.ts";
export { areaWindows, type LinearSources, linearSources, nearestSources, type Windows } from "./resample.ts";
export { roundHalfEven } from "./round.ts";
export type { NrrdSegment, SegNrrd, SegNrrdGrid } from "./seg-nrrd.ts";
export { writeSegNrrdHeader } from "./seg-nrrd.ts";
export type { FoundSegment, FoundSegments } from "./seg-nrrd-read.ts";
export { isNrrd, readNrrdHeader, readSegNrrd } from "./seg-nrrd-read.ts";
export type { VolumeStatistics } from "./statistics.ts";
export { volumeStatistics, volumeStatisticsSteps } from "./statistics.ts";
export type { Scaling, Volume, VoxelArray } from "./volume.ts";
export type { VolumeErrorCode } from "./volume-error.ts";
export { VolumeError } from "./volume-error.ts";
