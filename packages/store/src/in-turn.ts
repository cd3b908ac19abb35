/** Runs tasks with the same key one after another, in the order they came; different keys do not wait for each other. */
export interface Turns {
  run<T>(key: string, task: () => Promise<T>): Promise<T>;
  /** Resolves when every task asked for so far has ended, well or badly. */
  idle(): Promise<void>;
}

export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>();

  return {
    run(key, task) {
      const result = (last.get(key) ?? Promise.resolve()).then(task);
      const ended = result.then(
        () => {},
        () => {},
      );
      last.set(key, ended);
      void ended.then(() => {
        if (last.get(key) === ended) last.delete(key);
      });
      return result;
    },

    async idle() {
      await Promise.all(last.values());
    },
  };
}
