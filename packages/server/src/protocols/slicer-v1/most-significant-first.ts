/** Every byte with its bits in the opposite order. */
const reversed = Uint8Array.from({ length: 256 }, (_, byte) => {
  let mirror = 0;
  for (let bit = 0; bit < 8; bit++) mirror |= ((byte >> bit) & 1) << (7 - bit);
  return mirror;
});

/** Masks of one bit per voxel, lowest bit first, made highest bit first as NumPy packs them; in place. */
export function mostSignificantFirst(bits: Uint8Array): Uint8Array {
  for (let n = 0; n < bits.length; n++) if (bits[n] !== 0) bits[n] = reversed[bits[n]];
  return bits;
}
