import { client } from "./client.ts";
import { refresh } from "./follow.ts";
import { handleLoss } from "./loss.ts";
import { store } from "./store.ts";

let uploading: AbortController | undefined;

export async function openFile(file: File): Promise<void> {
  const { server } = store.getState();
  uploading?.abort();
  const own = new AbortController();
  uploading = own;
  const begin = { name: file.name, sent: 0, total: file.size, startedAt: performance.now(), now: performance.now() };
  store.setState({ upload: begin });
  try {
    if (server.maxUploadBytes && file.size > server.maxUploadBytes) {
      const limit = Math.floor(server.maxUploadBytes / 2 ** 20);
      throw new Error(`It has ${Math.ceil(file.size / 2 ** 20)} MiB; this server takes up to ${limit} MiB.`);
    }
    await client.upload(file, {
      signal: own.signal,
      // The form around the file counts too, so its total is a little larger than the file.
      onProgress: ({ sent, total }) =>
        store.setState(({ upload }) => (upload ? { upload: { ...upload, sent, total, now: performance.now() } } : {})),
    });
    rememberName(file.name);
    await refresh();
  } catch (error) {
    if (!own.signal.aborted) handleLoss(error, `open ${file.name}`);
  } finally {
    if (uploading === own) store.setState({ upload: undefined });
  }
}

export function cancelUpload(): void {
  uploading?.abort();
  store.setState({ upload: undefined });
}

export async function openSample(): Promise<void> {
  store.setState({ upload: { name: "Sample scan", sent: 0, total: 0, startedAt: 0, now: 0 } });
  try {
    await client.openSample();
    rememberName("Sample scan");
    await refresh();
  } catch (error) {
    handleLoss(error, "open the sample");
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
