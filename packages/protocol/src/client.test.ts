import { describe, expect, test, vi } from "vitest";
import { createClient } from "./client.ts";
import { ApiError } from "./errors.ts";
import { encodeFrame } from "./frame.ts";

const id = "7b0c2a52-3a0e-4c54-9d5a-7f6f0c9b1a11";
const other = "0f9b7c1e-5f0a-4b7e-8a55-6d6a3f1f2b22";

/** A client whose server is the given function. */
function clientOf(answer: (request: Request) => Response | Promise<Response>, sessionId?: string) {
  const requests: Request[] = [];
  const onSession = vi.fn();
  const fetchIt: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    requests.push(request);
    return answer(request);
  };
  return {
    client: createClient({ baseUrl: "http://septum.test/", fetch: fetchIt, sessionId, onSession }),
    requests,
    onSession,
  };
}

function json(body: unknown, headers: Record<string, string> = { "X-Session-ID": id }, status = 200): Response {
  return new Response(JSON.stringify(body), { status, headers });
}

const removed = { message: "gone", session_id: id, total_points: 0 };

describe("createClient()", () => {
  test("takes up the session that the first answer names, and sends it from then on", async () => {
    const { client, requests, onSession } = clientOf(() => json(removed));
    await client.clearPoints();
    await client.removePoint(3);
    expect(requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      "DELETE http://septum.test/api/points",
      "DELETE http://septum.test/api/remove_point/3",
    ]);
    expect(requests.map(({ headers }) => headers.get("X-Session-ID"))).toEqual([null, id]);
    expect(client.sessionId).toBe(id);
    expect(onSession.mock.calls).toEqual([[id]]);
  });

  test("keeps the session a person chose while the answer was on its way", async () => {
    const { client } = clientOf(() => {
      client.useSession(other);
      return json(removed);
    });
    await client.clearPoints();
    expect(client.sessionId).toBe(other);
  });

  test("does not go over to the session of an answer when one is in use", async () => {
    const { client } = clientOf(() => json({ message: "gone", session_id: other }, { "X-Session-ID": other }), id);
    await client.deleteSession(other);
    expect(client.sessionId).toBe(id);
    await client.deleteSession(id);
    expect(client.sessionId).toBeUndefined();
  });

  test("throws the error that the server answered with", async () => {
    const { client } = clientOf(() => json({ detail: "Upload a scan first", code: "no_image" }, {}, 409), id);
    const error = await client.run().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 409, code: "no_image", message: "Upload a scan first" });
  });

  test("tells a proxy's page, a foreign answer and a dead server apart from its own errors", async () => {
    const page = clientOf(() => new Response("<h1>Bad gateway</h1>", { status: 502 })).client;
    await expect(page.status()).rejects.toMatchObject({ status: 502, code: "unknown" });
    const foreign = clientOf(() => json({ hello: "world" })).client;
    await expect(foreign.status()).rejects.toMatchObject({
      code: "unknown",
      message: "The answer is not of this version of the API",
    });
    const dead = clientOf(() => Promise.reject(new TypeError("fetch failed"))).client;
    await expect(dead.status()).rejects.toMatchObject({ code: "network", message: "The server cannot be reached" });
  });

  test("rejects with the signal's reason when stopped", async () => {
    const { client } = clientOf(
      (request) =>
        new Promise((_, reject) => request.signal.addEventListener("abort", () => reject(request.signal.reason))),
    );
    const stop = new AbortController();
    const run = client.run({ signal: stop.signal });
    stop.abort(new Error("cancelled by the person"));
    await expect(run).rejects.toThrow("cancelled by the person");
  });

  test("reads a prompt's change from the header and the new mask from the body", async () => {
    const box = [
      [0, 2],
      [0, 1],
      [3, 5],
    ] as const;
    const change = {
      session_id: id,
      label: 2,
      changed_box: box,
      voxels: 3,
      prompts: 1,
      passes: 2,
      zooms: [1, 1.5],
      seconds_network: 0.1,
      seconds_total: 0.2,
      taken: [],
      spared: [],
      mask_revision: 4,
    };
    const frame = await encodeFrame({ kind: "mask", box, data: Uint8Array.of(7) });
    const headers = { "X-Session-ID": id, "X-Septum-Result": JSON.stringify(change) };
    const { client, requests } = clientOf(() => new Response(frame, { headers }), id);
    const result = await client.prompt(2, { kind: "point", voxel: [1, 0, 3] }, { frame: "mask" });
    expect(result).toEqual({ change, frame: { kind: "mask", box, data: Uint8Array.of(7) } });
    expect(requests[0].url).toBe("http://septum.test/api/segments/2/prompts?frame=mask");
    expect(await requests[0].json()).toEqual({ kind: "point", voxel: [1, 0, 3] });
  });

  test("uploads under a neutral name", async () => {
    const { client, requests } = clientOf(() => json({ detail: "no", code: "unreadable_image" }, {}, 400), id);
    await expect(client.upload(new File(["x"], "Jane Doe.nii.gz"))).rejects.toThrow("no");
    const file = (await requests[0].formData()).get("file") as File;
    expect(file.name).toBe("image.nii.gz");
    expect(await file.text()).toBe("x");
  });
});

test("a connection that breaks in the middle of an answer is a lost connection", async () => {
  const broken = () =>
    new Response(
      new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode('{"session_id"'));
        },
        pull: (controller) => controller.error(new TypeError("terminated")),
      }),
    );
  const { client } = clientOf(broken, id);
  const lost = { status: 0, code: "network" };
  await expect(client.status()).rejects.toMatchObject(lost);
  await expect(client.image()).rejects.toMatchObject(lost);
});

describe("client.events()", () => {
  const stream = (...parts: string[]) => new Response(new Blob(parts).stream());
  const hello =
    'id: 4\nevent: hello\ndata: {"type":"hello","seq":4,"missed":false,"image_revision":0,"mask_revision":0}\n\n';
  const deleted = 'id: 6\nevent: deleted\ndata: {"type":"deleted","seq":6}\n\n';

  test("passes over heartbeats and events of a later version, connects again where it stopped, and ends with the session", async () => {
    let connections = 0;
    const { client, requests } = clientOf(() => {
      connections += 1;
      if (connections === 1)
        return stream(": heartbeat\n\n", hello.slice(0, 20), hello.slice(20), 'data: {"type":"later","seq":5}\n\n');
      if (connections === 2) throw new TypeError("fetch failed");
      return stream(deleted);
    }, id);
    const types: string[] = [];
    for await (const event of client.events({ retryMs: 1 })) types.push(event.type);
    expect(types).toEqual(["hello", "deleted"]);
    expect(requests.map(({ headers }) => headers.get("Last-Event-ID"))).toEqual([null, "4", "4"]);
  });

  test("takes a silent connection for lost, and comes back as the same person", async () => {
    const named = hello.replace('"missed"', '"person":"0a1b2c3d","missed"');
    let connections = 0;
    const { client, requests } = clientOf(({ signal }) => {
      connections += 1;
      if (connections > 1) return stream(deleted);
      return new Response(
        new ReadableStream({
          start(controller) {
            controller.enqueue(new TextEncoder().encode(named));
            signal.addEventListener("abort", () => controller.error(signal.reason));
          },
        }),
      );
    }, id);
    const types: string[] = [];
    for await (const event of client.events({ retryMs: 1, silenceMs: 50 })) types.push(event.type);
    expect(types).toEqual(["hello", "deleted"]);
    expect(requests[1].url).toContain("/api/events?person=0a1b2c3d");
  });

  test("throws when the session is not known", async () => {
    const { client } = clientOf(() => json({ detail: "No such session", code: "session_not_found" }, {}, 404), id);
    await expect(client.events().next()).rejects.toMatchObject({ code: "session_not_found" });
  });

  test("ends when its signal aborts", async () => {
    const stop = new AbortController();
    const { client } = clientOf(() => stream(hello), id);
    const events = client.events({ signal: stop.signal, retryMs: 60_000 });
    expect((await events.next()).value).toMatchObject({ type: "hello" });
    const end = events.next();
    stop.abort();
    expect(await end).toEqual({ done: true, value: undefined });
  });
});
