import { maxNameLength } from "@septum/protocol";
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
import { createMetrics, type Metrics } from "./metrics/metrics.ts";
import { stocktaker } from "./metrics/stock.ts";
import { serveProtocols, tellLeaselessCalls } from "./protocols/protocols.ts";
import { admin } from "./routes/admin.ts";
import type { ApiContext } from "./routes/context.ts";
import { edits } from "./routes/edits.ts";
import { events } from "./routes/events.ts";
import { exportFiles } from "./routes/export.ts";
import { health } from "./routes/health.ts";
import { history } from "./routes/history.ts";
import { image } from "./routes/image.ts";
import { login } from "./routes/login.ts";
import { masks } from "./routes/masks.ts";
import { metrics as metricsRoute } from "./routes/metrics.ts";
import { points } from "./routes/points.ts";
import { predict } from "./routes/predict.ts";
import { presence } from "./routes/presence.ts";
import { preview } from "./routes/preview.ts";
import { ready } from "./routes/ready.ts";
import { results } from "./routes/results.ts";
import { segments } from "./routes/segments.ts";
import { session } from "./routes/session.ts";
import { sessionList } from "./routes/session-list.ts";
import { status } from "./routes/status.ts";
import { upload } from "./routes/upload.ts";
import { createUploadPlaces, type Limits, noLimits } from "./sessions/limits.ts";
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
  /** Most bytes that all open images may take: for a new one the least recently used are put to rest. */
  readonly memoryBudget?: number;
  /** Build folder of the browser app. */
  readonly appFolder?: string;
  readonly sampleFile?: string;
  /** What was counted so far, when others count too. */
  readonly metrics?: Metrics;
  /** Folder whose disk has to have room for the server to be ready. */
  readonly dataFolder?: string;
  /** Milliseconds after which a client of nnInteractive's protocol hears that its call is still being worked on. */
  readonly interimMs?: number;
}

/** Time between two looks for sessions that have expired or been left alone; less where they rest sooner. */
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
  const limits: Limits = {
    sessions: settings.maxSessions ?? noLimits.sessions,
    uploads: settings.maxUploads ?? noLimits.uploads,
    points: settings.maxPoints ?? noLimits.points,
    prompts: settings.maxPrompts ?? noLimits.prompts,
    nameLength: settings.maxNameLength ?? noLimits.nameLength,
    historySteps: settings.maxHistorySteps ?? noLimits.historySteps,
    historyBytes: (settings.maxHistoryMb ?? Number.POSITIVE_INFINITY) * 1024 * 1024,
  };
  const restMs = (settings.restMinutes ?? Number.POSITIVE_INFINITY) * 60_000;
  const app = fastify({
    ...(options.log ? { loggerInstance: options.log } : { logger: false }),
    // Its lines name addresses, and those name sessions: ours are in http/logging.ts.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => crypto.randomUUID().slice(0, 8),
    // An upload may take its time; its silence is watched where it is received.
    requestTimeout: 0,
    // Longer than any client we know keeps a silent connection: whoever closes first never meets a call under way.
    keepAliveTimeout: 90_000,
    http: { headersTimeout: 100_000, maxHeaderSize: 64 * 1024 },
    ...(settings.maxBodyKb === undefined ? {} : { bodyLimit: settings.maxBodyKb * 1024 }),
    // An address that cannot be read reaches no route, and none of its hooks.
    frameworkErrors: (error, _request, reply: FastifyReply) => {
      const { status, body } = answerTo(error);
      return reply.code(status).type("application/json; charset=utf-8").send(JSON.stringify(body));
    },
    routerOptions: { maxParamLength: 200 },
  });
  const { metrics = createMetrics(version), dataFolder } = options;
  const life = logLife(app.log);
  const sessions = await openSessions({
    store,
    engine,
    now,
    maxImageBytes,
    memoryBudget,
    limits,
    restMs,
    lifetimeMs: settings.sessionHours * 3_600_000,
    onError: (err, id) => app.log.error({ err, session: shortId(id) }, "a session could not be read or deleted"),
    observe(session, event) {
      life(session, event);
      metrics.observe(session, event);
    },
  });
  const context: ApiContext = {
    engine,
    store,
    sessions,
    version,
    maxUploadBytes: Math.floor(settings.maxUploadMb * 1024 * 1024),
    maxNameLength: Math.min(limits.nameLength, maxNameLength),
    maxImageBytes,
    maxUnpackRatio: settings.maxUnpackRatio ?? Number.POSITIVE_INFINITY,
    uploads: createUploadPlaces(limits.uploads),
    memory: sessions.memory,
    tokens,
    adminToken: settings.adminToken,
    loopback,
    memoryBudget,
    metrics,
    takeStock: stocktaker({ sessions, store, dataFolder }),
    dataFolder,
    sampleFile: options.sampleFile,
  };

  tellLeaselessCalls(app);
  speakOneLanguage(app, metrics.failed);
  logRequests(app);
  app.addHook("onResponse", async ({ method, routeOptions }, { statusCode: status, elapsedTime }) => {
    metrics.answered({ method, route: routeOptions.url ?? "none", status, seconds: elapsedTime / 1000 });
  });
  await secure(app, corsOrigins);
  await limitRate(app, requestsPerMinute);
  refuseStrangePages(app, { loopback, hostNames, corsOrigins });
  await requireToken(app, { tokens, adminToken: settings.adminToken });
  await describeApi(app, version);
  await app.register(health, context);
  await app.register(ready, context);
  await app.register(metricsRoute, context);
  await app.register(admin, { ...context, prefix: "/api" });
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
      await api.register(edits, context);
      await api.register(predict, context);
      await api.register(preview, context);
      await api.register(presence, context);
      await api.register(history, context);
      await api.register(results, context);
      await api.register(exportFiles, context);
      await api.register(masks, context);
      await api.register(events, context);
    },
    { prefix: "/api" },
  );
  await serveProtocols(app, context, settings.protocol ?? [], {
    places: settings.leases ?? 100,
    idleSeconds: settings.leaseIdleSeconds ?? 600,
    livenessSeconds: settings.leaseLivenessSeconds ?? 60,
    now,
    interimMs: options.interimMs,
  });
  await servePage(app, options.appFolder);

  const sweeper = setInterval(() => void sessions.sweep(), Math.max(1000, Math.min(sweepMs, restMs / 4)));
  sweeper.unref();
  app.addHook("preClose", async () => {
    clearInterval(sweeper);
    metrics.close();
    // Everybody has an answer by then; who does not take it, or never ends what they send, is not waited for.
    setTimeout(() => app.server.closeAllConnections(), graceMs).unref();
    sessions.stop(new HttpError("unavailable", "The server is shutting down: try again later"));
  });
  return app;
}

/** Requests are checked by the schemas of the protocol, and every refusal has the protocol's shape. */
function speakOneLanguage(app: FastifyInstance, failed: (code: string) => void): void {
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
    failed(body.code);
    return reply.code(status).send(body);
  });
  app.setErrorHandler(async (error, request, reply) => {
    const { status, body } = answerTo(error);
    if (error instanceof HttpError && error.retryAfter !== undefined) reply.header("Retry-After", error.retryAfter);
    if (status >= 500) request.log.error({ err: error }, "failed");
    failed(body.code);
    reply.removeHeader("Content-Disposition").removeHeader("ETag").header("Cache-Control", "no-store");
    return reply.code(status).type("application/json; charset=utf-8").send(body);
  });
}
