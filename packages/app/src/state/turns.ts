export interface Turns {
  /**
   * Does it after what was asked for before. Resolves to whether it was begun: not when too much waits already, nor when
   * what it would have followed went wrong.
   */
  take(act: () => Promise<boolean>): Promise<boolean>;
}

/**
 * Lets quick presses each have their turn, at most `most` of them behind the one that runs: a hand that presses on faster
 * than the server answers is not followed long after it stopped. An `act` that resolves to false sends away those who wait.
 */
export function createTurns(most: number): Turns {
  const waiting: ((begin: boolean) => void)[] = [];
  let busy = false;

  return {
    async take(act) {
      if (busy) {
        if (waiting.length >= most) return false;
        const begin = await new Promise<boolean>((resolve) => waiting.push(resolve));
        if (!begin) return false;
      }
      busy = true;
      let good = false;
      try {
        good = await act();
      } finally {
        if (!good) for (const away of waiting.splice(0)) away(false);
        const next = waiting.shift();
        if (next) next(true);
        else busy = false;
      }
      return true;
    },
  };
}
