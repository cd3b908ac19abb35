import { ApiError, type Client, createClient } from "@septum/protocol";
import { type Box, boxSize, type Vec3 } from "@septum/volume";
import { mayPass, type Outcome } from "../packages/app/src/state/reader.ts";
import { createReplica, type Facts } from "../packages/app/src/state/replica.ts";
import { createMaskSync } from "../packages/app/src/viewer/mask-sync.ts";

/** A person's page without a browser: the app's own replica and mask reading, over a connection that can be cut. */
export interface Page {
  readonly client: Client;
  readonly facts: Facts | undefined;
  /** One value per voxel of the scan, `i` fastest. */
  readonly labels: Uint8Array;
  /** Errors that a person would have been shown. */
  readonly complaints: readonly unknown[];
  /** Cuts every open connection; what is asked next goes through again. */
  drop(): void;
  /** From now on nothing goes through, until it is set to true. */
  setOnline(online: boolean): void;
  close(): void;
}

export function openPage(url: string, sessionId: string, retryMs = 30): Page {
  const connection = createConnection();
  const client = createClient({ baseUrl: url, sessionId, fetch: connection.fetch });
  const complaints: unknown[] = [];
  let facts: Facts | undefined;
  let labels = new Uint8Array();

  const masks = createMaskSync(fetchLabels, retryMs);
  const replica = createReplica({
    client,
    retryMs,
    onFacts(read) {
      const newImage = read.status.image_revision !== facts?.status.image_revision;
      facts = read;
      if (!newImage) return;
      const [ni, nj, nk] = read.status.image?.shape ?? [0, 0, 0];
      labels = new Uint8Array(ni * nj * nk);
      if (labels.length > 0) masks.invalidate(undefined);
    },
    onMasks: (box) => masks.invalidate(box),
    onEvent: () => {},
    onError: (error) => void (mayPass(error) || complaints.push(error)),
  });

  async function fetchLabels(box: Box | undefined): Promise<Outcome> {
    try {
      const frame = await client.mask({ box });
      if (!facts?.status.image || frame.kind !== "labels") return "done";
      writeBox(labels, facts.status.image.shape, frame.box, frame.data);
      return "done";
    } catch (error) {
      if (mayPass(error)) return "again";
      complaints.push(error);
      return "failed";
    }
  }

  void replica.refresh();
  return {
    client,
    complaints,
    get facts() {
      return facts;
    },
    get labels() {
      return labels;
    },
    drop: connection.drop,
    setOnline: connection.setOnline,
    close() {
      replica.stop();
      masks.stop();
      connection.drop();
    },
  };
}

/** What two who look at the same session must agree on. */
export function seenBy({ facts, labels }: Page) {
  if (!facts) return undefined;
  const { points, status } = facts;
  const { steps, position } = facts.history;
  const { segments, image, image_revision, mask_revision, running } = status;
  return { points, history: { steps, position }, segments, image, image_revision, mask_revision, running, labels };
}

/** The same as the server has it. */
export async function truth(client: Client): Promise<ReturnType<typeof seenBy>> {
  const [status, { points }] = await Promise.all([client.status(), client.points()]);
  const { steps, position } = status.history.total > 0 ? await client.history() : { steps: [], position: 0 };
  const { segments, image, image_revision, mask_revision, running } = status;
  const { data } = await client.mask();
  const labels = Uint8Array.from(data);
  return { points, history: { steps, position }, segments, image, image_revision, mask_revision, running, labels };
}

/** Whether a call was refused in a way that a person can act on, or lost on its way. */
export function isConflict(error: unknown): boolean {
  if (!(error instanceof ApiError) || error.code === "not_found") return false;
  return error.code === "network" || [404, 409].includes(error.status);
}

function createConnection() {
  const open = new Set<AbortController>();
  let online = true;
  const drop = () => {
    for (const line of open) line.abort(new TypeError("The connection was cut"));
    open.clear();
  };
  const fetchIt: typeof fetch = (input, init) => {
    if (!online) return Promise.reject(new TypeError("There is no connection"));
    const line = new AbortController();
    open.add(line);
    const signal = init?.signal ? AbortSignal.any([init.signal, line.signal]) : line.signal;
    return fetch(input, { ...init, signal });
  };
  return {
    fetch: fetchIt,
    drop,
    setOnline(value: boolean) {
      online = value;
      if (!value) drop();
    },
  };
}

function writeBox(labels: Uint8Array, [ni, nj]: Vec3, box: Box, data: ArrayLike<number>): void {
  const [di, dj, dk] = boxSize(box);
  for (let k = 0, at = 0; k < dk; k++) {
    for (let j = 0; j < dj; j++) {
      for (let i = 0; i < di; i++, at++) {
        labels[box[0][0] + i + ni * (box[1][0] + j + nj * (box[2][0] + k))] = data[at];
      }
    }
  }
}
