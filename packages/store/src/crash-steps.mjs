// What the killed process of crash.test.ts does, known to both sides: a seeded list of commits per session.

export const sessionIds = [1, 2, 3].map((n) => `0000000${n}-0000-4000-8000-000000000000`);

export function stepsOf(seed, session) {
  const random = mulberry32(seed * 3 + session);
  const pick = (n) => Math.floor(random() * n);
  return Array.from({ length: 2_000 }, () => ({
    ...(random() < 0.15 && { image: pick(1e9) }),
    put: Array.from({ length: pick(4) }, () => ({ key: `blob ${pick(5)}`, content: pick(1e9) })),
    remove: random() < 0.3 ? [`blob ${pick(5)}`] : [],
  }));
}

/** Up to 300 kB that differ in every position from another content's. */
export function contentOf(content) {
  return new Uint8Array(content % 300_000).map((_, index) => (content + index * 7) & 255);
}

function mulberry32(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
