import type { Box, Vec3 } from "@septum/volume";
import { type CallOptions, type FrameOptions, queryText, type SliceOptions, slicePath } from "./call-options.ts";
import type { EditInput } from "./edits.ts";
import { ApiError } from "./errors.ts";
import { type EventsOptions, readEvents } from "./event-stream.ts";
import type { SessionEvent } from "./events.ts";
import { type ExportedFile, type ExportFormat, verified, verifiedHeader } from "./export.ts";
import { decodeFrame, type Frame } from "./frame.ts";
import type { Axis } from "./geometry.ts";
import { type HistoryAnswer, historyAnswer, type TravelAnswer, travelAnswer } from "./history.ts";
import { type SliceAnswer, sliceAnswer, type UploadAnswer, uploadAnswer } from "./image.ts";
import { type ColorTemplateAnswer, colorTemplateAnswer } from "./labels.ts";
import { loginAnswer } from "./login.ts";
import { type MasksAnswer, masksAnswer } from "./masks.ts";
import {
  type MarkPointAnswer,
  type MarkPointBody,
  markPointAnswer,
  type PointsAnswer,
  type PointsRemovedAnswer,
  pointsAnswer,
  pointsRemovedAnswer,
} from "./points.ts";
import type { PredictBody } from "./predict.ts";
import {
  type PromptInput,
  type PromptPatch,
  type RunAnswer,
  resultHeader,
  runAnswer,
  type SegmentBody,
  type SegmentChange,
  type SegmentPatch,
  segmentChange,
} from "./segmentation.ts";
import {
  type MessageAnswer,
  messageAnswer,
  type SegmentAnswer,
  type SegmentsAnswer,
  type SessionsAnswer,
  type StatusAnswer,
  segmentAnswer,
  segmentsAnswer,
  sessionAnswer,
  sessionsAnswer,
  statusAnswer,
  type View,
} from "./session.ts";
import { type Call, createTransport, type TransportOptions } from "./transport.ts";
import { type UploadOptions, uploadFile } from "./upload.ts";
import { z } from "./zod.ts";

/** A change of one object, and when asked for, what its changed box holds now. */
export interface PromptResult {
  readonly change: SegmentChange;
  readonly frame?: Frame;
}

export type Client = ReturnType<typeof createClient>;

/**
 * A typed client of one session, for the page and for Node. Every method rejects with `ApiError`.
 *
 * Without a `sessionId` the first call makes a session; `client.sessionId` says which, and `onSession` is told.
 *
 * @example
 * const client = createClient({ baseUrl: "http://127.0.0.1:8000" });
 * await client.upload(file, { onProgress: ({ sent, total }) => show(sent / total) });
 * await client.markPoint({ voxel: [61, 40, 50] });
 * const { unique_labels } = await client.run();
 */
export function createClient(options: TransportOptions) {
  const transport = createTransport(options);
  const { json, bytes } = transport;

  async function changed(path: string, options: FrameOptions | undefined, how: Call): Promise<PromptResult> {
    const { frame, others, signal, key } = options ?? {};
    const call = { ...how, signal, key };
    const query = new URLSearchParams();
    if (others) query.set("others", others);
    if (!frame) return { change: await json(segmentChange, `${path}${queryText(query)}`, call) };
    query.set("frame", frame);
    const response = await transport.request(`${path}${queryText(query)}`, call);
    const change = parseResult(response.headers.get(resultHeader));
    const body = new Uint8Array(await response.arrayBuffer());
    return body.length === 0 ? { change } : { change, frame: await decodeFrame(body) };
  }

  return {
    /** The session of the calls that follow; undefined until the first answer. */
    get sessionId(): string | undefined {
      return transport.sessionId;
    },
    /** Goes over to another session; undefined: the next call makes one. */
    useSession(sessionId: string | undefined): void {
      transport.sessionId = sessionId;
    },
    /** Makes a new session and goes over to it. */
    async createSession(call?: CallOptions): Promise<string> {
      const { session_id } = await json(sessionAnswer, "/api/session", { ...call, method: "POST" });
      transport.sessionId = session_id;
      return session_id;
    },
    /** Lets this page in where the server asks for a token: from then on a cookie goes with every call, link and picture. */
    async logIn(token: string, call?: CallOptions): Promise<void> {
      await json(loginAnswer, "/api/login", { ...call, method: "POST", body: { token }, anonymous: true });
    },
    /** Takes the cookie away that `logIn` got. */
    async logOut(call?: CallOptions): Promise<void> {
      await json(loginAnswer, "/api/logout", { ...call, method: "POST", anonymous: true });
    },
    sessions(call?: CallOptions & { readonly adminToken?: string }): Promise<SessionsAnswer> {
      const headers = call?.adminToken ? { Authorization: `Bearer ${call.adminToken}` } : undefined;
      return json(sessionsAnswer, "/api/sessions", { signal: call?.signal, headers });
    },
    async deleteSession(sessionId: string, call?: CallOptions): Promise<MessageAnswer> {
      const path = `/api/session/${encodeURIComponent(sessionId)}`;
      const answer = await json(messageAnswer, path, { ...call, method: "DELETE", anonymous: true });
      if (transport.sessionId === sessionId) transport.sessionId = undefined;
      return answer;
    },
    status(call?: CallOptions): Promise<StatusAnswer> {
      return json(statusAnswer, "/api/status", call);
    },
    /** Replaces the session's image and objects. `file` may be a `File`; its name stays in the page. */
    async upload(file: Blob, call?: UploadOptions): Promise<UploadAnswer> {
      return uploadAnswer.parse(await uploadFile(transport, file, call));
    },
    /** Opens the scan that comes with the server, as if it had been uploaded. */
    openSample(call?: CallOptions): Promise<UploadAnswer> {
      return json(uploadAnswer, "/api/sample", { ...call, method: "POST" });
    },
    /** The image as `.nii.gz`. */
    image(call?: CallOptions): Promise<ArrayBuffer> {
      return bytes("/api/image", call);
    },
    slice(axis: Axis, index: number, call?: SliceOptions): Promise<SliceAnswer> {
      return json(sliceAnswer, slicePath(axis, index, call), call);
    },
    slicePng(axis: Axis, index: number, call?: SliceOptions): Promise<ArrayBuffer> {
      return bytes(slicePath(axis, index, call), { signal: call?.signal, headers: { Accept: "image/png" } });
    },
    points(call?: CallOptions): Promise<PointsAnswer> {
      return json(pointsAnswer, "/api/points", call);
    },
    markPoint(body: MarkPointBody, call?: CallOptions): Promise<MarkPointAnswer> {
      return json(markPointAnswer, "/api/mark_point", { ...call, method: "POST", body });
    },
    clearPoints(call?: CallOptions): Promise<PointsRemovedAnswer> {
      return json(pointsRemovedAnswer, "/api/points", { ...call, method: "DELETE" });
    },
    /** Removes the point and the object made from it. */
    removePoint(number: number, call?: CallOptions): Promise<PointsRemovedAnswer> {
      return json(pointsRemovedAnswer, `/api/remove_point/${number}`, { ...call, method: "DELETE" });
    },
    /** Makes an object of every numbered point, or of `numbers` alone. */
    run(call?: CallOptions & { readonly numbers?: readonly number[] }): Promise<RunAnswer> {
      const body = call?.numbers ? { numbers: call.numbers } : undefined;
      return json(runAnswer, "/api/run_segmentation", { signal: call?.signal, method: "POST", body });
    },
    /** All objects; with `voxel` those that have it, first the one that a label map gives it to. */
    segments(call?: CallOptions & { readonly voxel?: Vec3 }): Promise<SegmentsAnswer> {
      const query = call?.voxel ? `?voxel=${call.voxel.join(",")}` : "";
      return json(segmentsAnswer, `/api/segments${query}`, { signal: call?.signal });
    },
    prompt(label: number, body: PromptInput, call?: FrameOptions): Promise<PromptResult> {
      return changed(`/api/segments/${label}/prompts`, call, { method: "POST", body });
    },
    /** Predicts from the prompts that were added with `predict: false`; no passes when none waits. */
    predict(label: number, call?: FrameOptions & NonNullable<PredictBody>): Promise<PromptResult> {
      const { full, autozoom } = call ?? {};
      const body = { full, autozoom };
      return changed(`/api/segments/${label}/predict`, call, { method: "POST", body });
    },
    /** Changes the object by hand; its new mask is the start of what follows. */
    edit(label: number, body: EditInput, call?: FrameOptions): Promise<PromptResult> {
      return changed(`/api/segments/${label}/edits`, call, { method: "POST", body });
    },
    /**
     * What the object would be if the prediction under way ended now, over all that was looked at so far. Undefined when none
     * is, or its first pass has not ended.
     */
    async preview(label: number, call?: CallOptions): Promise<Frame | undefined> {
      const frame = new Uint8Array(await bytes(`/api/segments/${label}/preview`, call));
      return frame.length === 0 ? undefined : decodeFrame(frame);
    },
    /** Takes prompt `n` (from 0, as listed) away, as if it had never been given: the later ones are replayed. */
    removePrompt(label: number, n: number, call?: FrameOptions): Promise<PromptResult> {
      return changed(`/api/segments/${label}/prompts/${n}`, call, { method: "DELETE" });
    },
    /** Flips prompt `n` in sign, or moves it, as if it had been given so: the later ones are replayed. */
    changePrompt(label: number, n: number, body: PromptPatch, call?: FrameOptions): Promise<PromptResult> {
      const path = `/api/segments/${label}/prompts/${n}`;
      return changed(path, call, { method: "PATCH", body });
    },
    /** Makes an object without voxels. */
    createSegment(body?: SegmentBody, call?: CallOptions): Promise<SegmentAnswer> {
      return json(segmentAnswer, "/api/segments", { ...call, method: "POST", body: body ?? {} });
    },
    /** Changes name, colour, value, lock or state of a label. */
    changeSegment(label: number, body: SegmentPatch, call?: CallOptions): Promise<SegmentAnswer> {
      return json(segmentAnswer, `/api/segments/${label}`, { ...call, method: "PATCH", body });
    },
    /** Keeps how the session is looked at, to be had back in the status. */
    keepView(view: View, call?: CallOptions): Promise<MessageAnswer> {
      return json(messageAnswer, "/api/view", { ...call, method: "PUT", body: view });
    },
    /** Tells those who follow the session where `person` looks, who is whom this page's `hello` event named. */
    async look(person: string, voxel: Vec3, call?: CallOptions): Promise<void> {
      await json(messageAnswer, "/api/presence", { ...call, method: "PUT", body: { person, voxel } });
    },
    history(call?: CallOptions): Promise<HistoryAnswer> {
      return json(historyAnswer, "/api/history", call);
    },
    /** Takes back the session's last change, whatever it was. */
    undoStep(call?: CallOptions): Promise<TravelAnswer> {
      return json(travelAnswer, "/api/undo", { ...call, method: "POST" });
    },
    /** Brings back the change that was undone last. */
    redoStep(call?: CallOptions): Promise<TravelAnswer> {
      return json(travelAnswer, "/api/redo", { ...call, method: "POST" });
    },
    /** Takes back the object's last prompt or reset, wherever it is in the history. */
    undo(label: number, call?: FrameOptions): Promise<PromptResult> {
      return changed(`/api/segments/${label}/undo`, call, { method: "POST" });
    },
    reset(label: number, call?: FrameOptions): Promise<PromptResult> {
      return changed(`/api/segments/${label}/reset`, call, { method: "POST" });
    },
    removeSegment(label: number, call?: CallOptions): Promise<MessageAnswer> {
      return json(messageAnswer, `/api/segments/${label}`, { ...call, method: "DELETE" });
    },
    /**
     * Makes objects of a label map or segmentation on the scan's voxels (`.nii`, `.nii.gz`, `.seg.nrrd`): of each label one,
     * or of all together the object `into`. The file's name stays in the page.
     */
    uploadMask(file: Blob, call?: CallOptions & { readonly into?: number }): Promise<MasksAnswer> {
      const form = new FormData();
      form.append("file", file, "masks");
      const query = call?.into === undefined ? "" : `?into=${call.into}`;
      return json(masksAnswer, `/api/masks${query}`, { signal: call?.signal, method: "POST", form });
    },
    /** A file of the objects, or of `labels` alone, that the server has read again and compared with the masks. */
    async export(
      format: ExportFormat,
      call?: CallOptions & { readonly labels?: readonly number[] },
    ): Promise<ExportedFile> {
      const query = new URLSearchParams({ format });
      if (call?.labels) query.set("labels", call.labels.join(","));
      const response = await transport.request(`/api/export?${query}`, { signal: call?.signal });
      const name = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition") ?? "")?.[1] ?? format;
      const said = z.safeParse(verified, JSON.parse(response.headers.get(verifiedHeader) ?? "null"));
      if (!said.success)
        throw new ApiError(200, "unknown", `The answer has no ${verifiedHeader} header of this version`);
      return { name, bytes: await response.arrayBuffer(), verified: said.data };
    },
    /** The merged label map, or the mask of object `label`; whole, or inside `box`. */
    async mask(call?: CallOptions & { readonly label?: number; readonly box?: Box }): Promise<Frame> {
      const query = new URLSearchParams();
      if (call?.label !== undefined) query.set("label", String(call.label));
      if (call?.box) query.set("box", call.box.flat().join(","));
      const body = await bytes(`/api/mask${queryText(query)}`, { signal: call?.signal });
      return decodeFrame(new Uint8Array(body));
    },
    /** The label map as `.nii.gz` with the image's geometry. */
    downloadSegmentation(call?: CallOptions): Promise<ArrayBuffer> {
      return bytes("/api/download/segmentation", call);
    },
    /** ITK-SNAP label description file. */
    async downloadLabels(call?: CallOptions): Promise<string> {
      return (await transport.request("/api/download/labels", call)).text();
    },
    colorTemplate(call?: CallOptions): Promise<ColorTemplateAnswer> {
      return json(colorTemplateAnswer, "/api/color_template", call);
    },
    /** The session's events until the signal aborts or the session is deleted; connects again after a lost connection. */
    events(call: EventsOptions = {}): AsyncGenerator<SessionEvent, void> {
      return readEvents(transport, call);
    },
  };
}

function parseResult(header: string | null): SegmentChange {
  const parsed = z.safeParse(segmentChange, header === null ? undefined : JSON.parse(header));
  if (!parsed.success) throw new ApiError(200, "unknown", `The answer has no ${resultHeader} header of this version`);
  return parsed.data;
}
