const longest = 60;

/** Names that Windows keeps for devices. */
const reserved = /^(con|prn|aux|nul|com\d|lpt\d)$/i;

/**
 * Names of files for objects: their own without what some system forbids, no two the same where upper and lower case count
 * as one.
 */
export function fileNames(segments: readonly { readonly name: string; readonly value: number }[]): string[] {
  const taken = new Set<string>();
  return segments.map(({ name, value }) => {
    const safe = safeName(name) || `segment-${value}`;
    let unique = safe;
    for (let n = value; taken.has(unique.toLowerCase()); n++) unique = `${safe}-${n}`;
    taken.add(unique.toLowerCase());
    return unique;
  });
}

function safeName(name: string): string {
  const plain = [...name.normalize("NFC").replace(/[^\p{L}\p{M}\p{N} ._+-]+/gu, "_")].slice(0, longest).join("");
  const trimmed = plain.replace(/^[ .]+|[ .]+$/g, "");
  return reserved.test(trimmed) ? `${trimmed}_` : trimmed;
}
