import type { Transferable } from "node:worker_threads";
import { decodeError, type EncodedError, encodeError } from "./errors.ts";

/** What one side of a port can be asked: per method, the argument, the result, and what it may report on the way. */
export type Methods = Record<string, { readonly args: unknown; readonly result: unknown; readonly event?: unknown }>;

export type Handlers<M extends Methods> = {
  readonly [K in keyof M]: (args: M[K]["args"], context: Context<M[K]["event"]>) => Result<M[K]["result"]>;
};

type Result<T> = T | Transfer<T> | Promise<T | Transfer<T>>;

export interface Context<E> {
  /** Aborted when the caller gives up. The answer is then whatever the handler makes of it. */
  readonly signal: AbortSignal;
  emit(event: E): void;
}

export interface CallOptions<E> {
  readonly signal?: AbortSignal;
  /** Buffers in the arguments to be moved instead of copied. */
  readonly transfer?: readonly Transferable[];
  onEvent?(event: E): void;
}

export interface Remote<M extends Methods> {
  /**
   * Resolves or rejects when the other side has answered, also after an abort: so that whoever aborts knows, once this
   * rejects, that nothing is still being changed. Errors arrive as the class they were thrown as.
   */
  call<K extends keyof M & string>(
    method: K,
    args: M[K]["args"],
    options?: CallOptions<M[K]["event"]>,
  ): Promise<M[K]["result"]>;
  /** Rejects every call under way and all later ones. */
  fail(reason: Error): void;
}

/** What a `Worker` and a `MessagePort` have in common. */
export interface Port {
  postMessage(message: unknown, transfer?: readonly Transferable[]): void;
  on(event: "message", listener: (message: unknown) => void): unknown;
}

type Message =
  | { readonly type: "call"; readonly id: number; readonly method: string; readonly args: unknown }
  | { readonly type: "abort"; readonly id: number; readonly reason: EncodedError }
  | { readonly type: "event"; readonly id: number; readonly event: unknown }
  | { readonly type: "result"; readonly id: number; readonly result: unknown }
  | { readonly type: "error"; readonly id: number; readonly error: EncodedError };

interface Pending {
  resolve(result: unknown): void;
  reject(error: unknown): void;
  onEvent?(event: unknown): void;
}

class Transfer<T> {
  readonly value: T;
  readonly buffers: readonly Transferable[];
  constructor(value: T, buffers: readonly Transferable[]) {
    this.value = value;
    this.buffers = buffers;
  }
}

/** A handler's result whose `buffers` are moved to the caller instead of copied. */
export function transferring<T>(value: T, buffers: readonly Transferable[]): Transfer<T> {
  return new Transfer(value, buffers);
}

/**
 * Calls over a message port, both ways: what the other side offers (`Theirs`) can be called, and what this side offers is
 * in `handlers`. Calls run side by side; messages arrive in the order in which they were sent.
 */
export function connect<Theirs extends Methods, Ours extends Methods>(
  port: Port,
  handlers: Handlers<Ours>,
): Remote<Theirs> {
  const pending = new Map<number, Pending>();
  const serving = new Map<number, AbortController>();
  let lastId = 0;
  let failed: Error | undefined;

  async function serve(id: number, method: string, args: unknown): Promise<void> {
    const abort = new AbortController();
    serving.set(id, abort);
    const send = (message: Message, transfer?: readonly Transferable[]) => port.postMessage(message, transfer);
    try {
      const emit = (event: unknown) => send({ type: "event", id, event });
      const handler = (handlers as Record<string, (args: unknown, context: Context<unknown>) => unknown>)[method];
      const result = await handler(args, { signal: abort.signal, emit });
      if (result instanceof Transfer) send({ type: "result", id, result: result.value }, result.buffers);
      else send({ type: "result", id, result });
    } catch (error) {
      send({ type: "error", id, error: encodeError(error) });
    } finally {
      serving.delete(id);
    }
  }

  function settle(id: number): Pending | undefined {
    const call = pending.get(id);
    pending.delete(id);
    return call;
  }

  port.on("message", (raw) => {
    const message = raw as Message;
    if (message.type === "call") void serve(message.id, message.method, message.args);
    else if (message.type === "abort") serving.get(message.id)?.abort(decodeError(message.reason));
    else if (message.type === "event") pending.get(message.id)?.onEvent?.(message.event);
    else if (message.type === "result") settle(message.id)?.resolve(message.result);
    else settle(message.id)?.reject(decodeError(message.error));
  });

  return {
    call(method, args, { signal, transfer, onEvent } = {}) {
      return new Promise((resolve, reject) => {
        if (failed) return reject(failed);
        if (signal?.aborted) return reject(signal.reason);
        const id = ++lastId;
        const abort = () =>
          port.postMessage({ type: "abort", id, reason: encodeError(signal?.reason) } satisfies Message);
        const forget = () => signal?.removeEventListener("abort", abort);
        pending.set(id, {
          resolve(result) {
            forget();
            resolve(result as never);
          },
          reject(error) {
            forget();
            // The caller's own reason, not its copy that went there and back.
            reject(signal?.aborted ? signal.reason : error);
          },
          onEvent: onEvent as Pending["onEvent"],
        });
        signal?.addEventListener("abort", abort, { once: true });
        port.postMessage({ type: "call", id, method, args } satisfies Message, transfer);
      });
    },
    fail(reason) {
      failed = reason;
      for (const id of [...pending.keys()]) settle(id)?.reject(reason);
    },
  };
}
