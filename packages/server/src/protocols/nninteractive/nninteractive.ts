import { sessionHeader } from "@septum/protocol";
import { boxVoxels, wholeBox } from "@septum/volume";
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { connectionSignal } from "../../http/call.ts";
import { HttpError } from "../../http/http-error.ts";
import type { ApiContext } from "../../routes/context.ts";
import { ArraySession } from "../array-session.ts";
import { foreignRoutes } from "../foreign-routes.ts";
import { createProtocolThreads } from "../threads.ts";
import { capabilities } from "./capabilities.ts";
import { bufferItemBytes, spacingOf } from "./fields.ts";
import { tellWorking } from "./interim.ts";
import { createLeases } from "./leases.ts";
import { type LeasedCall, promptRoutes } from "./prompt-routes.ts";
import { bodies, bodyOf, leaseHeader, readBody, readMeta } from "./request.ts";
import { statusAnswer } from "./status.ts";

export interface NnInteractiveOptions {
  /** Clients at once. */
  readonly places: number;
  readonly idleSeconds: number;
  /** Infinite: a silent client is as good as any. */
  readonly livenessSeconds: number;
  readonly now: () => number;
  /** Milliseconds between two signs that a call is still being worked on. */
  readonly interimMs?: number;
}

/** Below the 60 seconds that clients wait for the next byte. */
const usualInterimMs = 15_000;

/** Longest time between two looks for leases that are over. */
const sweepMs = 15_000;

/** Seconds after which a client may ask for a place again. */
const retrySeconds = 10;

/**
 * nnInteractive's remote protocol v2, as napari, 3D Slicer from 1.0 on, MITK and scripts speak it through the Python package
 * `nninteractive-client` (specs/client-protocols.md §1).
 *
 * Its index space is that of the array that came. A lease is a client's place; what is done with it is done in an ordinary
 * session, which begins with the first image, and stays when the lease ends.
 */
export const nnInteractive: FastifyPluginAsync<ApiContext & { readonly options: NnInteractiveOptions }> = async (
  app,
  context,
) => {
  const { sessions, engine, metrics, options, maxImageBytes, maxUnpackRatio } = context;
  const threads = createProtocolThreads();
  const leases = createLeases({
    places: options.places,
    idleMs: options.idleSeconds * 1000,
    livenessMs: options.livenessSeconds * 1000,
    now: options.now,
    onEnd({ array }) {
      array?.leave();
      // Its memory is for those who work; whoever looks at the session opens it again.
      if (array?.session.idle) array.session.rest();
    },
  });
  const shortest = Math.min(leases.idleMs, leases.livenessMs) / 4;
  const sweeper = setInterval(() => leases.sweep(), Math.max(250, Math.min(sweepMs, shortest))).unref();
  app.addHook("preClose", async () => {
    clearInterval(sweeper);
    leases.close();
  });
  app.addHook("onClose", () => threads.close());

  foreignRoutes(app, {});
  // Bodies are read where it is known what they may be.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, _payload, done) => done(null));
  app.setErrorHandler(async (error, request, reply) => {
    const { status, detail, code } = statusAnswer(error);
    if (status >= 500) request.log.error({ err: error }, "failed");
    metrics.failed(code);
    request.raw.resume();
    return reply.removeHeader("WWW-Authenticate").code(status).send({ detail });
  });

  /** Serves a call that needs a lease. One that acts is something done, and has the client to itself. */
  function leased(act: boolean, serve: (call: LeasedCall) => Promise<unknown>) {
    return async (request: FastifyRequest, reply: FastifyReply) => {
      const lease = leases.find(tokenOf(request));
      const end = leases.begin(lease, act);
      const stopTelling = tellWorking(reply, options.interimMs ?? usualInterimMs);
      try {
        const signal = AbortSignal.any([connectionSignal(reply), lease.signal]);
        lease.array?.session.touch();
        const call = { request, reply, lease, signal };
        return await (act ? lease.turns.run(() => serve(call), signal) : serve(call));
      } catch (error) {
        // Deleted by somebody who was in it too.
        if (lease.array?.session.signal.aborted) leases.release(lease.token);
        if (lease.signal.aborted) throw lease.signal.reason;
        throw error;
      } finally {
        stopTelling();
        end();
      }
    };
  }

  app.get("/capabilities", async () => capabilities(engine.model));

  app.post("/claim", async (_request, reply) => {
    const lease = leases.claim();
    if (!lease) {
      const detail = `server is at capacity (${leases.places} sessions)`;
      return reply.code(503).header("Retry-After", retrySeconds).send({ detail });
    }
    return {
      lease_token: lease.token,
      idle_timeout_seconds: leases.idleMs / 1000,
      // Without one, a client need not show that it lives.
      liveness_timeout_seconds: Number.isFinite(leases.livenessMs) ? leases.livenessMs / 1000 : 0,
      max_sessions: leases.places,
    };
  });

  app.post("/release", async (request) => {
    leases.release(tokenOf(request));
    return { released: true };
  });

  app.post(
    "/heartbeat",
    leased(false, async ({ lease }) => ({ remaining_seconds: leases.remaining(lease) / 1000 })),
  );

  app.get("/lease_status", async (request) => {
    const lease = leases.find(tokenOf(request));
    return { remaining_seconds: leases.remaining(lease) / 1000, idle_timeout_seconds: leases.idleMs / 1000 };
  });

  app.post(
    "/set_image",
    leased(true, async ({ request, reply, lease, signal }) => {
      const { image_properties } = readMeta(request, bodies.image);
      const spacing = spacingOf(image_properties?.spacing);
      const array = lease.array ?? new ArraySession(await sessions.create());
      let shape: readonly number[] = [];
      try {
        await array.receiveImage(
          {
            open: async () => bodyOf(request),
            expected: Number(request.headers["content-length"]) || undefined,
            async convert(from, to, signal) {
              const limits = { maxBytes: maxImageBytes, maxUnpackRatio };
              shape = await threads.run("readArrayFile", { from, to, spacing, ...limits }, signal);
            },
            signal,
          },
          context,
        );
      } catch (error) {
        // A session without an image is nobody's work.
        if (!lease.array) await sessions.delete(array.session.id).catch(() => {});
        throw error;
      }
      lease.array = array;
      lease.hasBuffer = false;
      // For whoever wants to find the same work in the browser.
      reply.header(sessionHeader, array.session.id);
      return { original_image_shape: shape };
    }),
  );

  app.post(
    "/set_target_buffer",
    leased(true, async ({ request, lease }) => {
      const { shape, dtype } = await readBody(request, bodies.buffer);
      const itemBytes = bufferItemBytes(dtype);
      const bytes = boxVoxels(wholeBox(shape)) * itemBytes;
      if (bytes > maxImageBytes) {
        throw new HttpError(
          "too_large",
          `A target buffer of ${bytes} bytes is larger than the ${maxImageBytes} allowed`,
        );
      }
      const image = lease.array?.shape;
      if (image && shape.some((length, axis) => length !== image[axis])) {
        throw new HttpError(
          "bad_request",
          `The target buffer is [${shape.join(", ")}], the image [${image.join(", ")}]`,
        );
      }
      lease.hasBuffer = true;
      return {};
    }),
  );

  app.post(
    "/set_do_autozoom",
    leased(true, async ({ request, lease }) => {
      const { do_autozoom } = await readBody(request, bodies.autozoom);
      lease.autozoom = do_autozoom;
      return {};
    }),
  );

  app.post(
    "/reset_interactions",
    leased(true, async ({ lease, signal }) => {
      await lease.array?.reset(signal);
      return {};
    }),
  );

  promptRoutes(app, leased, threads);
};

function tokenOf({ headers }: FastifyRequest): string | undefined {
  const token = headers[leaseHeader];
  return Array.isArray(token) ? token[0] : token;
}
