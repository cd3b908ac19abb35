import { HttpError } from "../../http/http-error.ts";

/** Every client sends numbers along the array's axes; what else comes is nobody's loss. */
export function spacingOf(value: unknown): number[] | undefined {
  if (!Array.isArray(value) || value.length !== 3 || !value.every((entry) => typeof entry === "number"))
    return undefined;
  return value;
}

/** Bytes per voxel of a target buffer, by NumPy's name. Throws `bad_request` for what is no integer or truth value. */
export function bufferItemBytes(dtype: string): number {
  const found = /^(?:bool|u?int(8|16|32|64)?)$/.exec(dtype);
  if (!found)
    throw new HttpError("bad_request", `A target buffer of ${dtype} cannot be had: use bool or an integer type`);
  return dtype === "bool" ? 1 : Number(found[1] ?? 64) / 8;
}
