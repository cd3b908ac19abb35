/** Formats people take for NIfTI, by the bytes they start with. */
const signatures: readonly { readonly name: string; readonly at: number; readonly bytes: string }[] = [
  { name: "a DICOM file", at: 128, bytes: "DICM" },
  { name: "an NRRD file", at: 0, bytes: "NRRD" },
  { name: "a MetaImage file", at: 0, bytes: "ObjectType" },
  { name: "a PNG picture", at: 0, bytes: "\x89PNG" },
  { name: "a JPEG picture", at: 0, bytes: "\xff\xd8\xff" },
  { name: "a ZIP archive", at: 0, bytes: "PK\x03\x04" },
  { name: "a PDF document", at: 0, bytes: "%PDF" },
  { name: "an HDF5 or MINC file", at: 0, bytes: "\x89HDF" },
];

/** What a file is instead of NIfTI, as words for a message; undefined when nothing is known about it. */
export function foreignFormat(bytes: Uint8Array): string | undefined {
  const starts = (at: number, wanted: string) =>
    [...wanted].every((letter, index) => bytes[at + index] === letter.charCodeAt(0));
  return signatures.find((signature) => starts(signature.at, signature.bytes))?.name;
}
