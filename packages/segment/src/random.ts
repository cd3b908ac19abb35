/** A whole number in `[0, n)`. */
export type RandomIndex = (n: number) => number;

/**
 * Uniform indices from a seed and a stream number, the same on every machine (sfc32). Two streams of one seed are
 * unrelated, so that each prediction can have its own and none depends on what was undone before it.
 */
export function seededIndex(seed: number, stream: number): RandomIndex {
  let a = seed >>> 0;
  let b = stream >>> 0;
  let c = 0x9e3779b9;
  let counter = 1;
  const draw = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  for (let warmUp = 0; warmUp < 16; warmUp++) draw();
  return (n) => Math.floor((draw() / 2 ** 32) * n);
}
