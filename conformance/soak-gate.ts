/** Lets many work side by side, and now and then one alone. */
export interface Gate {
  /** Waits while the gate is shut, then works. */
  pass<T>(work: () => Promise<T>): Promise<T>;
  /** Shuts the gate, waits until those inside are done, works, and opens it again. One at a time. */
  alone<T>(work: () => Promise<T>): Promise<T>;
}

export function createGate(): Gate {
  const inside = new Set<Promise<unknown>>();
  let shut: Promise<void> | undefined;
  return {
    async pass(work) {
      while (shut) await shut;
      const working = work();
      inside.add(working);
      try {
        return await working;
      } finally {
        inside.delete(working);
      }
    },
    async alone(work) {
      let open = () => {};
      shut = new Promise((resolve) => (open = resolve));
      try {
        await Promise.allSettled(inside);
        return await work();
      } finally {
        shut = undefined;
        open();
      }
    },
  };
}
