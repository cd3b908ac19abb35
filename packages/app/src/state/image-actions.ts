import { readNiftiHeader } from "@septum/volume";
import { client } from "./client.ts";
import { refresh } from "./follow.ts";
import { handleLoss } from "./loss.ts";
import { saving } from "./saving.ts";
import { store } from "./store.ts";

/** Bytes up to which a file is shown while it is sent: it is in the page's memory as a whole then, packed and unpacked. */
const largestShown = 2 ** 28;

let uploading: AbortController | undefined;

/** Sends a scan to the server. A file of several volumes is asked about first: `frame` is the answer. */
export async function openFile(file: File, frame?: number): Promise<void> {
  uploading?.abort();
  const own = new AbortController();
  uploading = own;
  try {
    const frames = frame === undefined ? await countFrames(file) : 1;
    if (own.signal.aborted) return;
    if (frames > 1) {
      store.setState({ framesAsked: { file, frames } });
      return;
    }
    const now = performance.now();
    store.setState({ upload: { name: file.name, sent: 0, total: file.size, startedAt: now, now } });
    refuseTooLarge(file);
    if (frame === undefined && file.size <= largestShown) store.setState({ local: file, scan: "loading" });
    const sending = client.upload(file, {
      frame,
      signal: own.signal,
      // The form around the file counts too, so its total is a little larger than the file.
      onProgress: ({ sent, total }) =>
        store.setState(({ upload }) => (upload ? { upload: { ...upload, sent, total, now: performance.now() } } : {})),
    });
    await saving(sending);
    rememberName(file.name);
    await refresh();
    store.setState(({ imageRevision }) => ({ sentRevision: imageRevision }));
  } catch (error) {
    if (!own.signal.aborted) handleLoss(error, `open ${file.name}`, { again: () => void openFile(file, frame) });
  } finally {
    if (uploading === own) endUpload();
  }
}

/** The picture goes back to the session's image. */
function endUpload(): void {
  store.setState(({ local, image, scan }) => ({
    upload: undefined,
    local: undefined,
    scan: local ? (image ? "loading" : "none") : scan,
  }));
}

/** The person's answer to which volume of a file is meant; undefined: none of them. */
export function answerFrame(frame: number | undefined): void {
  const { framesAsked } = store.getState();
  store.setState({ framesAsked: undefined });
  if (framesAsked && frame !== undefined) void openFile(framesAsked.file, frame);
}

/** Volumes in a NIfTI file. What cannot be read here is for the server to refuse, with its reasons. */
async function countFrames(file: File): Promise<number> {
  try {
    return (await readNiftiHeader(file.stream())).frames;
  } catch {
    return 1;
  }
}

function refuseTooLarge({ size }: File): void {
  const { maxUploadBytes } = store.getState().server;
  if (!maxUploadBytes || size <= maxUploadBytes) return;
  const limit = Math.floor(maxUploadBytes / 2 ** 20);
  throw new Error(`It has ${Math.ceil(size / 2 ** 20)} MiB; this server takes up to ${limit} MiB.`);
}

export function cancelUpload(): void {
  uploading?.abort();
  endUpload();
}

export async function openSample(): Promise<void> {
  store.setState({ upload: { name: "Sample scan", sent: 0, total: 0, startedAt: 0, now: 0 } });
  try {
    await saving(client.openSample());
    rememberName("Sample scan");
    await refresh();
  } catch (error) {
    handleLoss(error, "open the sample", { again: () => void openSample() });
  } finally {
    store.setState({ upload: undefined });
  }
}

const nameKey = "septum.scan";

/** The file's name stays in this browser; the server does not learn it. */
function rememberName(name: string): void {
  localStorage.setItem(nameKey, JSON.stringify({ session: client.sessionId, name }));
  store.setState({ scanName: name });
}

export function recallName(): string | undefined {
  try {
    const { session, name } = JSON.parse(localStorage.getItem(nameKey) ?? "{}");
    return session === client.sessionId && typeof name === "string" ? name : undefined;
  } catch {
    return undefined;
  }
}
