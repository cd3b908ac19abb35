/** Nearest integer, halves to the even one (Python's `round`), never -0. `Math.round` takes halves up. */
export function roundHalfEven(value: number): number {
  // -0 + 0 is 0; an index of -0 would not survive being saved as text.
  const floor = Math.floor(value) + 0;
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}
