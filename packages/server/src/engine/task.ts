import { move, transferableSymbol, valueSymbol } from "piscina";
import { type EncodedError, encodeError } from "./errors.ts";

/** How a task ends, in a form that crosses threads: an error keeps its class. */
export type Outcome<R> =
  | { readonly result: R; readonly error?: undefined }
  | { readonly result?: undefined; readonly error: EncodedError };

/** Makes a function that a pool's thread can run. The buffers that `moved` names are not copied on the way back. */
export function task<A, R>(
  run: (args: A) => R | Promise<R>,
  moved: (result: R) => readonly ArrayBufferLike[] = () => [],
): (args: A) => Promise<Outcome<R>> {
  return async (args) => {
    try {
      const result = await run(args);
      // Piscina takes this wrapping off again before it posts the value.
      return move({ [transferableSymbol]: moved(result), [valueSymbol]: { result } }) as unknown as Outcome<R>;
    } catch (error) {
      return { error: encodeError(error) };
    }
  };
}
