import type { Store } from "@septum/store";
import { type FastifyBaseLogger, type FastifyInstance, type FastifyReply, fastify, LogController } from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import type { Engine } from "./engine/engine.ts";
import { requireToken } from "./http/access.ts";
import { answerTo } from "./http/error-answer.ts";
import { refuseStrangePages } from "./http/host-check.ts";
import { HttpError } from "./http/http-error.ts";
import { logLife } from "./http/life-log.ts";
import { logRequests, shortId } from "./http/logging.ts";
import { describeApi } from "./http/openapi.ts";
import { servePage } from "./http/page.ts";
import { limitRate } from "./http/rate.ts";
import { secure } from "./http/security.ts";
import { useSessions } from "./http/session-hook.ts";
import type { ApiContext } from "./routes/context.ts";
import { events } from "./routes/events.ts";
import { health } from "./routes/health.ts";
import { image } from "./routes/image.ts";
import { login } from "./routes/login.ts";
import { points } from "./routes/points.ts";
import { results } from "./routes/results.ts";
import { segments } from "./routes/segments.ts";
import { session } from "./routes/session.ts";
import { sessionList } from "./routes/session-list.ts";
import { status } from "./routes/status.ts";
import { upload } from "./routes/upload.ts";
import { openSessions } from "./sessions/sessions.ts";
import { isLoopback } from "./settings/loopback.ts";
import type { Settings } from "./settings/settings.ts";
import { version } from "./version.ts";

export interface AppOptions {
  readonly engine: Engine;
  readonly store: Store;
  /** A limit that is not given does not apply. */
  readonly settings: Pick<Settings, "host" | "sessionHours" | "maxUploadMb"> & Partial<Settings>;
  readonly log?: FastifyBaseLogger;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** Most bytes that one image may take in memory. */
  readonly maxImageBytes?: number;
  /** Most bytes that all open images may take; beyond it the least recently used are put to rest. */
  readonly memoryBudget?: number;
  /** Build folder of the browser app. */
  readonly appFolder?: string;
  readonly sampleFile?: string;
}

/** Time between two looks for expired sessions. */
const sweepMs = 60_000;

/** Time that open connections have to end after the server stopped. */
const graceMs = 3_000;

/**
 * The whole server but for its socket: sessions over an engine and a store, spoken to in HTTP. `close` stops all work and
 * answers everybody who waits; the engine and the store stay the caller's.
 */
export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const { engine, store, settings, now = Date.now, maxImageBytes = 2 ** 32, memoryBudget = 2 ** 33 } = options;
  const {
    token: tokens = [],
    corsOrigins = [],
    hostNames = [],
    requestsPerMinute = Number.POSITIVE_INFINITY,
  } = settings;
  const loopback = isLoopback(settings.host);
  const app = fastify({
    ...(options.log ? { loggerInstance: options.log } : { logger: false }),
    // Its lines name addresses, and those name sessions: ours are in http/logging.ts.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => crypto.randomUUID().slice(0, 8),
    // An upload may take its time; its silence is watched where it is received.
    requestTimeout: 0,
    ...(settings.maxBodyKb === undefined ? {} : { bodyLimit: settings.maxBodyKb * 1024 }),
    // An address that cannot be read reaches no route, and none of its hooks.
    frameworkErrors: (error, _request, reply: FastifyReply) => {
      const { status, body } = answerTo(error);
      return reply.code(status).type("application/json; charset=utf-8").send(JSON.stringify(body));
    },
    routerOptions: { maxParamLength: 200 },
  });
  const sessions = await openSessions({
    store,
    engine,
    now,
    maxImageBytes,
    memoryBudget,
    lifetimeMs: settings.sessionHours * 3_600_000,
    onError: (err, id) => app.log.error({ err, session: shortId(id) }, "a session could not be read or deleted"),
    observe: logLife(app.log),
  });
  const context: ApiContext = {
    engine,
    store,
    sessions,
    version,
    maxUploadBytes: Math.floor(settings.maxUploadMb * 1024 * 1024),
    maxImageBytes,
    tokens,
    adminToken: settings.adminToken,
    loopback,
    sampleFile: options.sampleFile,
  };

  speakOneLanguage(app);
  logRequests(app);
  await secure(app, corsOrigins);
  await limitRate(app, requestsPerMinute);
  refuseStrangePages(app, { loopback, hostNames, corsOrigins });
  await requireToken(app, { tokens, adminToken: settings.adminToken });
  await describeApi(app, version);
  await app.register(health, context);
  await app.register(login, { ...context, prefix: "/api" });
  await app.register(session, { ...context, prefix: "/api" });
  await app.register(
    async (api) => {
      useSessions(api, sessions);
      await api.register(sessionList, context);
      await api.register(status, context);
      await api.register(upload, context);
      await api.register(image, context);
      await api.register(points, context);
      await api.register(segments, context);
      await api.register(results, context);
      await api.register(events, context);
    },
    { prefix: "/api" },
  );
  await servePage(app, options.appFolder);

  const sweeper = setInterval(() => void sessions.sweep(), sweepMs);
  sweeper.unref();
  app.addHook("preClose", async () => {
    clearInterval(sweeper);
    // Everybody has an answer by then; who does not take it, or never ends what they send, is not waited for.
    setTimeout(() => app.server.closeAllConnections(), graceMs).unref();
    sessions.stop(new HttpError("unavailable", "The server is shutting down: try again later"));
  });
  return app;
}

/** Requests are checked by the schemas of the protocol, and every refusal has the protocol's shape. */
function speakOneLanguage(app: FastifyInstance): void {
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  // Some clients announce JSON with every call, also with those that have no body.
  const parse = app.getDefaultJsonParser("error", "error");
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body: string, done) => {
    if (body === "") done(null, undefined);
    else parse(request, body, done);
  });
  app.addHook("onRequest", async (request, reply) => {
    reply.header("X-Request-ID", request.id);
  });
  app.setNotFoundHandler(async (request, reply) => {
    const { status, body } = answerTo(
      new HttpError("not_found", `There is no ${request.method} at this address: see /docs`),
    );
    return reply.code(status).send(body);
  });
  app.setErrorHandler(async (error, request, reply) => {
    const { status, body } = answerTo(error);
    if (error instanceof HttpError && error.retryAfter !== undefined) reply.header("Retry-After", error.retryAfter);
    if (status >= 500) request.log.error({ err: error }, "failed");
    reply.removeHeader("Content-Disposition").removeHeader("ETag").header("Cache-Control", "no-store");
    return reply.code(status).type("application/json; charset=utf-8").send(body);
  });
}
