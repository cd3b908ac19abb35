import { labelledAttributes, sessionId } from "./session.ts";
import { z } from "./zod.ts";

/** ITK-SNAP's default colours of the first twenty labels, in its order. */
const firstColors = (
  "ff0000 00ff00 0000ff ffff00 00ffff ff00ff ffefd5 0000cd cd853f d2b48c " +
  "66cdaa 000080 008b8b 2e8b57 ffe4e1 6a5acd dda0dd e9967a a52a2a fffafa"
).split(" ");

export const colorTemplateAnswer = z.object({
  session_id: sessionId,
  labels: z.array(labelledAttributes),
});
export type ColorTemplateAnswer = z.infer<typeof colorTemplateAnswer>;

/** Colour of a label value from 1, `#rrggbb`: ITK-SNAP's default order, repeated after its first twenty. */
export function labelColor(value: number): string {
  return `#${firstColors[(value - 1) % firstColors.length]}`;
}

/** `[r, g, b]`, 0–255, of the label's default colour or of another, `#rrggbb`. */
export function labelRgb(value: number, hex = labelColor(value)): readonly [number, number, number] {
  const color = Number.parseInt(hex.slice(1), 16);
  return [color >> 16, (color >> 8) & 255, color & 255];
}

export function labelName(value: number): string {
  return `Label ${value}`;
}

/** One line of a label description file. */
export interface LabelRow {
  readonly value: number;
  readonly name: string;
  /** `#rrggbb` */
  readonly color: string;
}

/**
 * The labels of an ITK-SNAP label description file, the clear one included, in its order. Comments, tabs, empty lines and
 * either kind of line end are taken; lines that are no label are left out.
 */
export function readLabelFile(text: string): LabelRow[] {
  return text.split(/\r?\n/).flatMap((row) => {
    const parts = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+[\d.]+\s+\d+\s+\d+\s+"(.*)"\s*$/s.exec(row);
    if (!parts) return [];
    const [value, ...rgb] = parts.slice(1, 5).map(Number);
    if (rgb.some((part) => part > 255)) return [];
    const color = `#${rgb.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
    return [{ value, name: parts[5], color }];
  });
}

/** ITK-SNAP label description file with the clear label and the given ones, in order. */
export function labelFile(
  labels: readonly { readonly value: number; readonly name?: string; readonly color?: string }[],
): string {
  const rule = "#".repeat(48);
  const head = [
    rule,
    "# ITK-SnAP Label Description File",
    "# File format:",
    "# IDX   -R-  -G-  -B-  -A--  VIS MSH  LABEL",
    rule,
    line(0, [0, 0, 0], 0, "Clear Label"),
  ];
  const rows = labels.map(({ value, name, color }) => line(value, labelRgb(value, color), 1, name ?? labelName(value)));
  return `${[...head, ...rows].join("\n")}\n`;
}

function line(value: number, rgb: readonly number[], shown: 0 | 1, name: string): string {
  const [r, g, b] = rgb.map((part) => String(part).padStart(3));
  // The format has no escape for a quote or a line break inside a name.
  const safe = name.replace(/["\r\n]/g, "'");
  return `${String(value).padStart(5)}   ${r}  ${g}  ${b}        ${shown}  ${shown}  ${shown}    "${safe}"`;
}
