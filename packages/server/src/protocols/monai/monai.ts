import multipart from "@fastify/multipart";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { connectionSignal } from "../../http/call.ts";
import { HttpError } from "../../http/http-error.ts";
import type { ApiContext, Routes } from "../../routes/context.ts";
import type { Session } from "../../sessions/session.ts";
import { receiveImage } from "../../sessions/upload.ts";
import { foreignRoutes } from "../foreign-routes.ts";
import { letRestBy, readForm } from "../form.ts";
import { formOf, maskFile } from "./answer.ts";
import { serveLogin } from "./login.ts";
import { bringToPoints } from "./points.ts";

/** Name of the one model there is, whatever network it is: Slicer keeps it with a scene. */
const modelName = "nnInteractive";

/** Names that Slicer offers; an object may be called otherwise as well. */
const labels = Array.from({ length: 10 }, (_, n) => `Label ${n + 1}`);

const voxel = z.tuple([z.number(), z.number(), z.number()]);
const points = z.array(voxel).max(10_000).default([]);
const inferParams = z.object({
  label: z.string().trim().min(1).max(100).default(labels[0]),
  foreground: points,
  background: points,
  result_compress: z.boolean().optional(),
});
const inferQuery = z.object({
  session_id: z.string().optional(),
  output: z.enum(["all", "image", "json"]).default("all"),
});
const sessionParams = z.object({ session: z.string() });
const hidden = { schema: { hide: true } };

/**
 * The part of MONAI Label's API that its module for Slicer needs to segment the open volume by points
 * (specs/client-protocols.md §4.1). Its sessions are ordinary ones by their own id; there is no data store, no training and no
 * choice of the next image. A token is logged in with as a password, under any user name.
 */
export const monai: Routes = async (app, context) => {
  foreignRoutes(app, {});
  await app.register(multipart, { throwFileSizeLimit: false, limits: { fileSize: Number.POSITIVE_INFINITY } });
  serveLogin(app, context);

  function sessionOf(id: string): Session {
    const session = context.sessions.find(id);
    session.touch();
    return session;
  }

  app.get("/info/", hidden, async () => infoOf(context));

  app.put("/session/", hidden, async (request, reply) => {
    const form = readForm(request);
    const announced = Number(request.headers["content-length"]);
    const session = await context.sessions.create();
    try {
      await receiveImage(
        session,
        {
          open: async () => (await form.file("files")).file,
          expected: Number.isFinite(announced) ? announced : undefined,
          signal: connectionSignal(reply),
        },
        context,
      );
    } catch (error) {
      await context.sessions.delete(session.id);
      throw error;
    } finally {
      letRestBy(request);
    }
    return { session_id: session.id, session_info: describe(session, context) };
  });

  app.get("/session/:session", { schema: { hide: true, params: sessionParams } }, async ({ params }) =>
    describe(sessionOf(params.session), context),
  );

  app.delete("/session/:session", { schema: { hide: true, params: sessionParams } }, async ({ params }) => {
    await context.sessions.delete(sessionOf(params.session).id);
    return {};
  });

  app.post(
    "/infer/:model",
    { schema: { hide: true, params: z.object({ model: z.string() }), querystring: inferQuery } },
    async (request, reply) => {
      const { model } = request.params;
      if (model !== modelName) throw new HttpError("not_found", `There is no model "${model}": there is ${modelName}`);
      return infer(request, request.query, sessionOf, reply);
    },
  );
};

async function infer(
  request: FastifyRequest,
  { session_id, output }: z.infer<typeof inferQuery>,
  sessionOf: (id: string) => Session,
  reply: FastifyReply,
) {
  if (session_id === undefined) {
    throw new HttpError("session_not_found", "This server keeps no images of its own: open the volume in a session");
  }
  const session = sessionOf(session_id);
  const { label: name, foreground, background, result_compress } = readParams(await readForm(request).field("params"));
  const wanted = [
    ...foreground.map((voxel) => ({ voxel, positive: true })),
    ...background.map((voxel) => ({ voxel, positive: false })),
  ];
  const label = await bringToPoints(session, name, wanted, connectionSignal(reply));
  const params = { label_names: { [name]: 1 } };
  if (output === "json") return params;
  const bare = output === "image";
  const file = await maskFile(session, label, bare || result_compress === false ? "raw" : "gzip");
  // Whole, so that its length is known: the client would take the marks between chunks for part of the file.
  if (bare) return reply.type("application/octet-stream").send(file);
  const { type, body } = formOf(params, `${crypto.randomUUID()}.nrrd`, file);
  return reply.header("Content-Type", type).send(body);
}

function readParams(text: unknown): z.infer<typeof inferParams> {
  const parsed = inferParams.safeParse(typeof text === "string" ? fromJson(text) : (text ?? {}));
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw badParams(`${path.join(".") || "it"}: ${message}`);
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badParams("it is not JSON");
  }
}

function badParams(why: string): HttpError {
  return new HttpError("bad_request", `Cannot use the field params: ${why}`);
}

function infoOf({ engine, version }: ApiContext) {
  const { name, licence } = engine.model;
  return {
    name: "Septum",
    description: `Septum with the network ${name} (${licence})`,
    version,
    labels,
    models: {
      [modelName]: {
        type: "deepgrow",
        labels,
        dimension: 3,
        description: `${name}: an object in 3D from points (${licence})`,
        config: {},
      },
    },
    trainers: {},
    strategies: {},
    scoring: {},
    train_stats: {},
    datastore: { total: 0, completed: 0 },
  };
}

/** Never empty: the client takes what is for no session. */
function describe(session: Session, { sessions }: ApiContext) {
  const { id, createdAt, lastActivity } = session;
  const seconds = (ms: number) => Math.floor(ms / 1000);
  return {
    name: id,
    path: id,
    image: id,
    meta: {},
    create_ts: seconds(createdAt),
    last_access_ts: seconds(lastActivity),
    expiry: Number.isFinite(sessions.lifetimeMs) ? seconds(sessions.lifetimeMs) : 0,
  };
}
