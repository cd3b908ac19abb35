import { type ExportFormat, exportQuery, type Verified, verifiedHeader } from "@septum/protocol";
import type { ExportedFile } from "../engine/export/exported.ts";
import { asBuffer } from "../http/bytes.ts";
import { exportObjects } from "../sessions/export.ts";
import { binary, errors, type Routes } from "./context.ts";

const files: Readonly<Record<ExportFormat, readonly [name: string, type: string]>> = {
  nifti: ["segmentation.nii.gz", "application/gzip"],
  segments: ["segments.zip", "application/zip"],
  "seg.nrrd": ["segmentation.seg.nrrd", "application/octet-stream"],
  itksnap: ["labels.txt", "text/plain; charset=utf-8"],
  csv: ["volumes.csv", "text/csv; charset=utf-8"],
};

/** Clients take headers of 16 kB in all. */
const longestVerified = 8_000;

/** Files to keep, each read again and compared with the masks before it is sent. */
export const exportFiles: Routes = async (app) => {
  app.get(
    "/export",
    {
      schema: {
        tags: ["results"],
        summary: "A file of the objects, read again and compared with the masks before it is sent",
        querystring: exportQuery,
        response: {
          200: binary("application/octet-stream", `The file; ${verifiedHeader} says what is in it`),
          ...errors,
        },
      },
    },
    async ({ session, query }, reply) => {
      const [name, type] = files[query.format];
      const file = await exportObjects(session, query.format, query.labels?.split(",").map(Number));
      reply
        .header(verifiedHeader, asciiJson(describe(name, file)))
        .header("Content-Disposition", `attachment; filename="${name}"`)
        .header("Cache-Control", "no-store");
      return reply.type(type).send(asBuffer(file.bytes));
    },
  );
};

function describe(file: string, { segments, sha256 }: ExportedFile): Verified {
  const labels = [...segments];
  while (asciiJson(labels).length > longestVerified) labels.pop();
  const left = segments.length - labels.length;
  return { file, labels, ...(left > 0 && { labels_left_out: left }), sha256 };
}

/** Headers carry nothing but ASCII. */
function asciiJson(value: unknown): string {
  const code = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, code);
}
