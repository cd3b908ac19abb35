import { ApiError } from "./errors.ts";
import { sessionHeader, type Transport, toApiError } from "./transport.ts";

export interface UploadProgress {
  /** Bytes handed to the network so far, and in all. */
  readonly sent: number;
  readonly total: number;
}

export interface UploadOptions {
  readonly signal?: AbortSignal;
  /** Which volume of a 4D file, from 0. */
  readonly frame?: number;
  /** Called in the page only, where `XMLHttpRequest` tells; `fetch` does not. */
  readonly onProgress?: (progress: UploadProgress) => void;
}

/** Name under which files travel: the server must not learn what a person calls their scan. */
const neutralName = "image.nii.gz";

/** Sends `file` to `POST /api/upload`; resolves to the answer's JSON, not yet checked. */
export async function uploadFile(transport: Transport, file: Blob, options: UploadOptions = {}): Promise<unknown> {
  options.signal?.throwIfAborted();
  const form = new FormData();
  form.append("file", file, neutralName);
  if (typeof XMLHttpRequest === "undefined") return uploadByFetch(transport, form, options);
  return uploadByXhr(transport, form, options);
}

function uploadPath({ frame }: UploadOptions): string {
  return frame === undefined ? "/api/upload" : `/api/upload?frame=${frame}`;
}

async function uploadByFetch(transport: Transport, form: FormData, options: UploadOptions): Promise<unknown> {
  const { signal } = options;
  return (await transport.request(uploadPath(options), { method: "POST", form, signal })).json();
}

function uploadByXhr(transport: Transport, form: FormData, options: UploadOptions): Promise<unknown> {
  const { signal, onProgress } = options;
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    const sent = transport.sessionId;
    const stop = () => xhr.abort();
    signal?.addEventListener("abort", stop, { once: true });
    xhr.open("POST", `${transport.baseUrl}${uploadPath(options)}`);
    for (const [name, value] of Object.entries(transport.headers)) xhr.setRequestHeader(name, value);
    if (sent !== undefined) xhr.setRequestHeader(sessionHeader, sent);
    xhr.upload.onprogress = ({ loaded, total }) => onProgress?.({ sent: loaded, total });
    xhr.onabort = () => reject(signal?.reason);
    xhr.onerror = () => reject(new ApiError(0, "network", "The connection was lost during the upload"));
    xhr.onloadend = () => signal?.removeEventListener("abort", stop);
    xhr.onload = () => {
      if (xhr.status < 200 || xhr.status > 299) return reject(toApiError(xhr.status, xhr.responseText));
      if (sent === undefined) transport.sessionId ??= xhr.getResponseHeader(sessionHeader) ?? undefined;
      try {
        resolve(JSON.parse(xhr.responseText));
      } catch (cause) {
        reject(new ApiError(xhr.status, "unknown", "The answer is not JSON", { cause }));
      }
    };
    xhr.send(form);
  });
}
