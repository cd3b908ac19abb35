// Reads a scan beside the page: unpacking a large one takes seconds.
import { readNifti, type Volume, VolumeError } from "@septum/volume";

/** What the worker answers to the bytes of a file: its volume, or why there is none. */
export type ScanAnswer =
  | { readonly volume: Volume }
  | { readonly code: VolumeError["code"] | undefined; readonly message: string };

async function answerTo(bytes: ArrayBuffer): Promise<ScanAnswer> {
  async function* chunks() {
    yield new Uint8Array(bytes);
  }
  try {
    const { volume } = await readNifti(chunks());
    return { volume };
  } catch (error) {
    const code = error instanceof VolumeError ? error.code : undefined;
    return { code, message: error instanceof Error ? error.message : String(error) };
  }
}

addEventListener("message", async ({ data }: MessageEvent<ArrayBuffer>) => {
  const answer = await answerTo(data);
  postMessage(answer, { transfer: "volume" in answer ? [answer.volume.data.buffer as ArrayBuffer] : [] });
});
