import { MessageChannel, type MessagePort } from "node:worker_threads";
import { afterEach, describe, expect, it } from "vitest";
import { ImageLostError } from "./errors.ts";
import { connect, type Handlers, type Remote, transferring } from "./rpc.ts";

type Sums = {
  add: { args: readonly number[]; result: number };
  count: { args: { to: number }; result: string; event: number };
  fill: { args: { bytes: Uint8Array }; result: Uint8Array };
  lose: { args: undefined; result: never };
  wait: { args: undefined; result: never };
};

type None = Record<never, never>;

const ports: MessagePort[] = [];

afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

describe("connect()", () => {
  it("answers calls side by side, each with its own result", async () => {
    const { remote } = pair();
    expect(await Promise.all([remote.call("add", [1, 2]), remote.call("add", [3, 4, 5])])).toEqual([3, 12]);
  });

  it("passes on what a method reports, in order and before its result", async () => {
    const { remote } = pair();
    const seen: (number | string)[] = [];
    seen.push(await remote.call("count", { to: 3 }, { onEvent: (event) => seen.push(event) }));
    expect(seen).toEqual([1, 2, 3, "done"]);
  });

  it("moves buffers both ways instead of copying them", async () => {
    const { remote } = pair();
    const bytes = new Uint8Array(8);
    const filled = await remote.call("fill", { bytes }, { transfer: [bytes.buffer] });
    expect(bytes.byteLength).toBe(0);
    expect(filled).toEqual(new Uint8Array(8).fill(7));
  });

  it("rebuilds an error as the class it was thrown as, with its fields and cause", async () => {
    const { remote } = pair();
    const error = await remote.call("lose", undefined).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(ImageLostError);
    expect(error).toMatchObject({ name: "ImageLostError", message: "Gone", image: 7, cause: { message: "Why" } });
  });

  it("tells the other side of an abort and rejects with the caller's reason once it has answered", async () => {
    const { remote, aborted } = pair();
    const abort = new AbortController();
    const reason = new Error("Cancelled by the person");
    const call = remote.call("wait", undefined, { signal: abort.signal });
    setTimeout(() => abort.abort(reason), 5);
    await expect(call).rejects.toBe(reason);
    expect(aborted).toEqual(["Cancelled by the person"]);
  });

  it("does not send a call that is aborted already", async () => {
    const { remote } = pair();
    const reason = new Error("Too late");
    await expect(remote.call("add", [1], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it("rejects calls under way and later ones once the other side is gone", async () => {
    const { remote } = pair();
    const call = remote.call("wait", undefined);
    remote.fail(new ImageLostError("The thread stopped"));
    await expect(call).rejects.toThrow("The thread stopped");
    await expect(remote.call("add", [1])).rejects.toThrow("The thread stopped");
  });
});

function pair(): { remote: Remote<Sums>; aborted: string[] } {
  const aborted: string[] = [];
  const handlers: Handlers<Sums> = {
    add: (numbers) => numbers.reduce((sum, n) => sum + n, 0),
    async count({ to }, { emit }) {
      for (let n = 1; n <= to; n++) emit(n);
      return "done";
    },
    fill({ bytes }) {
      bytes.fill(7);
      return transferring(bytes, [bytes.buffer as ArrayBuffer]);
    },
    lose() {
      throw Object.assign(new ImageLostError("Gone", { cause: new Error("Why") }), { image: 7 });
    },
    wait: (_, { signal }) =>
      new Promise((_, reject) =>
        signal.addEventListener("abort", () => {
          aborted.push(signal.reason.message);
          reject(signal.reason);
        }),
      ),
  };
  const { port1, port2 } = new MessageChannel();
  ports.push(port1, port2);
  connect<None, Sums>(port2, handlers);
  return { remote: connect<Sums, None>(port1, {}), aborted };
}
