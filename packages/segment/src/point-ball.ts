/**
 * The ball a point prompt is drawn as (spec §5.3): in a cube of edge `2 * radius + 1`, C order, the squared Euclidean
 * distance to the nearest voxel of the cube that lies outside the ball; 0 outside the ball. The drawn value is
 * `sqrt(squared / (radius² + 1))`, which is 1 at the centre.
 */
export interface PointBall {
  readonly radius: number;
  readonly squared: Uint16Array;
}

const balls = new Map<number, PointBall>();

/** The ball of a whole radius of at least 1; made once. */
export function pointBall(radius: number): PointBall {
  let ball = balls.get(radius);
  if (ball === undefined) {
    ball = { radius, squared: squaredDistances(radius) };
    balls.set(radius, ball);
  }
  return ball;
}

function squaredDistances(radius: number): Uint16Array {
  const offsets = cubeOffsets(radius);
  const outside = offsets.filter(([x, y, z]) => x * x + y * y + z * z > radius * radius);
  return Uint16Array.from(offsets, ([x, y, z]) => {
    if (x * x + y * y + z * z > radius * radius) return 0;
    let least = Infinity;
    for (const [u, v, w] of outside) least = Math.min(least, (u - x) ** 2 + (v - y) ** 2 + (w - z) ** 2);
    return least;
  });
}

function cubeOffsets(radius: number): [number, number, number][] {
  const offsets: [number, number, number][] = [];
  for (let x = -radius; x <= radius; x++) {
    for (let y = -radius; y <= radius; y++) for (let z = -radius; z <= radius; z++) offsets.push([x, y, z]);
  }
  return offsets;
}
