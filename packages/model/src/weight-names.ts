import type { PickleValue } from "./pickle.ts";
import { TensorView } from "./tensor.ts";

/**
 * Weights under one name each (spec §2.4): wrappers' prefixes removed, the encoder's second listing inside the decoder
 * and the `all_modules` listing of every block folded into the first. Anything that is not a tensor is left out.
 */
export function tidyNames(weights: ReadonlyMap<PickleValue, PickleValue>): Map<string, TensorView> {
  const tidied = new Map<string, TensorView>();
  const aliases = new Map<string, TensorView>();
  for (const [key, value] of weights) {
    if (typeof key !== "string" || !(value instanceof TensorView)) continue;
    const name = key.replace(/^(?:module\.|_orig_mod\.)+/, "");
    const canonical = withoutAlias(name);
    (canonical === name ? tidied : aliases).set(canonical, value);
  }
  // Some exporters keep only an alias.
  for (const [name, tensor] of aliases) if (!tidied.has(name)) tidied.set(name, tensor);
  return tidied;
}

/** A block's modules are listed as convolution, perhaps dropout, norm and activation; the second with weights is the norm. */
function withoutAlias(name: string): string {
  return name
    .replace(/^decoder\.encoder\./, "encoder.")
    .replace(/\.all_modules\.0\./, ".conv.")
    .replace(/\.all_modules\.\d+\./, ".norm.");
}
