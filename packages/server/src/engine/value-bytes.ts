const bytes: Readonly<Record<string, number>> = {
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  float32: 4,
  int64: 8,
  uint64: 8,
  float64: 8,
};

/** Bytes that a voxel's value takes, by the name that the file's header has for its type. */
export function bytesPerValue(dtype: string): number {
  return bytes[dtype] ?? 8;
}
