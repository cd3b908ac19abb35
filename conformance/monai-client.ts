import { findPython } from "./python.ts";

export interface MonaiCall {
  readonly label: string;
  readonly foreground?: readonly (readonly number[])[];
  readonly background?: readonly (readonly number[])[];
}

/** What the client made of the server's answers. */
export interface MonaiOutcome {
  readonly auth: boolean;
  readonly valid?: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: the tests say what they expect of it
  readonly info: any;
  readonly training: boolean;
  readonly known: boolean;
  readonly removed: boolean;
  readonly results: readonly MonaiResult[];
}

export interface MonaiResult {
  /** File name that the server gave. */
  readonly name: string;
  readonly params: unknown;
  readonly sha256: string;
  /** Pairs of the answer's and the scan's size, origin, spacing and direction, as SimpleITK reads them. */
  readonly geometry: readonly (readonly [readonly number[], readonly number[]])[];
  readonly type: string;
  /** One byte per voxel, `i` fastest. */
  readonly mask: string;
}

export type MonaiClient = (
  url: string,
  scan: string,
  calls: readonly MonaiCall[],
  password?: string,
) => Promise<MonaiOutcome>;

/** MONAI Label's own client, the one file of it. */
export function findMonaiClient(): MonaiClient | string {
  const python = findPython("monailabel");
  if (typeof python === "string") return python;
  return async (url, scan, calls, password = "") => {
    const args = [python.folder, url, scan, password, JSON.stringify(calls)];
    return JSON.parse(await python.run("monai-client.py", args));
  };
}
