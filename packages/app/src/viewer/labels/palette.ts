import { labelRgb } from "@septum/protocol";

/** How one label is shown. */
export interface LabelLook {
  /** `#rrggbb` */
  readonly colour: string;
  /** 0 hides it. */
  readonly opacity: number;
}

/** Label values 0 to 65535 in rows of 256. */
export const paletteSide = 256;

let standard: Uint8Array | undefined;

/** RGBA of every label value, for a texture of `paletteSide` squared; those without a look have their standard colour. */
export function paletteOf(looks: ReadonlyMap<number, LabelLook>): Uint8Array<ArrayBuffer> {
  standard ??= standardPalette();
  const palette = Uint8Array.from(standard);
  for (const [label, { colour, opacity }] of looks) {
    palette.set([...labelRgb(label, colour), Math.round(255 * Math.min(1, Math.max(0, opacity)))], 4 * label);
  }
  return palette;
}

function standardPalette(): Uint8Array {
  const palette = new Uint8Array(4 * paletteSide * paletteSide);
  for (let label = 1; label < paletteSide * paletteSide; label++) palette.set([...labelRgb(label), 255], 4 * label);
  return palette;
}
