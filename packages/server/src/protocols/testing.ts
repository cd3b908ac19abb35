import type { Vec3 } from "@septum/volume";
import type { Called, Harness } from "../testing/harness.ts";

/** Slice, row, column: no two alike. */
export const shape: Vec3 = [6, 8, 10];
export const voxels = 6 * 8 * 10;

/** Place of `[k, j, i]` in memory. */
export function placeOf([k, j, i]: Vec3): number {
  return i + shape[2] * (j + shape[1] * k);
}

/** A part of a form; one with a file name is a file. */
export interface Part {
  readonly name: string;
  readonly body: string | Uint8Array;
  readonly filename?: string;
  readonly type?: string;
}

/** Sends a form as those clients do whose multipart we met, headers besides its own type included. */
export function sendForm(
  { call }: Harness,
  url: string,
  parts: readonly Part[],
  headers: Record<string, string> = {},
  boundary = "----------------------------7d1",
  method: "POST" | "PUT" = "POST",
): Promise<Called> {
  const chunks = parts.flatMap(({ name, body, filename, type }) => [
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${filename ? `; filename="${filename}"` : ""}\r\n` +
        `${type ? `Content-Type: ${type}\r\n` : ""}\r\n`,
    ),
    Buffer.from(body as Uint8Array),
    Buffer.from("\r\n"),
  ]);
  const body = Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n\r\n`)]);
  return call(undefined, method, url, body, {
    "content-type": `multipart/form-data; boundary=${boundary}`,
    ...headers,
  });
}
