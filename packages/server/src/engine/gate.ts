/**
 * Keeps readers of a mask and its one writer apart: many may read at once, nobody reads while it may be written. First come,
 * first served, so that neither side can starve the other.
 */
export interface Gate {
  /** Resolves to the function that leaves again, to be called once. */
  enter(as: "reader" | "writer"): Promise<() => void>;
}

interface Waiting {
  readonly as: "reader" | "writer";
  go(): void;
}

export function createGate(): Gate {
  const waiting: Waiting[] = [];
  let readers = 0;
  let writing = false;

  function advance(): void {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      if (writing || (next.as === "writer" && readers > 0)) return;
      waiting.shift();
      if (next.as === "writer") writing = true;
      else readers++;
      next.go();
    }
  }

  return {
    enter: (as) =>
      new Promise((resolve) => {
        const leave = () => {
          if (as === "writer") writing = false;
          else readers--;
          advance();
        };
        waiting.push({ as, go: () => resolve(leave) });
        advance();
      }),
  };
}

/** Runs `read` while nobody writes behind any of the gates. */
export async function reading<R>(gates: readonly Gate[], read: () => Promise<R>): Promise<R> {
  const leaves: (() => void)[] = [];
  try {
    for (const gate of gates) leaves.push(await gate.enter("reader"));
    return await read();
  } finally {
    for (const leave of leaves) leave();
  }
}
