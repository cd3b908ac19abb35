import multipart from "@fastify/multipart";
import { z } from "zod";
import { connectionSignal } from "../../http/call.ts";
import { HttpError } from "../../http/http-error.ts";
import type { Routes } from "../../routes/context.ts";
import { foreignRoutes, withoutToken } from "../foreign-routes.ts";
import { letRestBy } from "../form.ts";
import { addDrawing, addPoint } from "./prompts.ts";
import { itksnapSessions } from "./sessions.ts";
import { receiveVoxels } from "./voxels.ts";

/** Of the routes spoken here; ITK-SNAP asks for 0.1.2 or newer, and reads nothing but numbers between points. */
const version = "0.1.6";

/** The name under which ITK-SNAP's lasso looks for a model, whatever network there is. */
const modelId = "nnInteractive";

const ok = { status: "success" };

const sessionParams = z.object({ session: z.string().min(1).max(100) });
const sign = {
  foreground: z
    .enum(["true", "false"])
    .default("false")
    .transform((text) => text === "true"),
};
const index = z.coerce.number().pipe(z.int());
const pointQuery = z.object({ ...sign, point: z.tuple([index, index, index], "Expected point=i&point=j&point=k") });
const oldPointQuery = z.object({ ...sign, x: index, y: index, z: index });

/**
 * ITK-SNAP's deep learning extension, its first routes and its second ones (specs/client-protocols.md §3). It checks no answer but its status,
 * and unpacks none but its own: errors are never 200, and nothing is compressed on the way.
 */
export const itksnap: Routes = async (app, context) => {
  await app.register(multipart, { throwFileSizeLimit: false, limits: { fileSize: Number.POSITIVE_INFINITY } });
  const sessions = itksnapSessions(context.sessions);
  foreignRoutes(app, withoutToken);

  app.get("/status", { schema: { hide: true } }, async () => ({ status: "ok", version }));
  app.get("/v2/models", { schema: { hide: true } }, async () => ({
    models: [{ id: modelId, channels: [1], dimensions: 3, interactions: ["point", "scribble", "lasso"] }],
  }));

  app.get("/start_session", { schema: { hide: true } }, async () => ({ session_id: await sessions.start() }));
  app.get(
    "/v2/start_session/:model",
    { schema: { hide: true, params: z.object({ model: z.string() }) } },
    async ({ params: { model } }) => {
      if (model !== modelId) throw new HttpError("not_found", `There is no model "${model}": there is ${modelId}`);
      return { session_id: await sessions.start() };
    },
  );

  for (const prefix of ["", "/v2"]) {
    app.post(
      `${prefix}/upload_raw/:session`,
      { schema: { hide: true, params: sessionParams } },
      async (request, reply) => {
        try {
          await receiveVoxels(await sessions.findOrStart(request.params.session), request, reply, context);
          return ok;
        } finally {
          letRestBy(request);
        }
      },
    );
    app.get(
      `${prefix}/reset_interactions/:session`,
      { schema: { hide: true, params: sessionParams } },
      async ({ params }, reply) => {
        await sessions.find(params.session).reset(connectionSignal(reply));
        return ok;
      },
    );
    app.get(`${prefix}/end_session/:session`, { schema: { hide: true, params: sessionParams } }, async ({ params }) => {
      sessions.end(params.session);
      return { message: "The session has ended; what was made is kept" };
    });
  }

  app.get(
    "/v2/process_point_interaction/:session",
    { schema: { hide: true, params: sessionParams, querystring: pointQuery } },
    async ({ params, query }, reply) => {
      const [i, j, k] = query.point;
      return addPoint(sessions.find(params.session), [k, j, i], query.foreground, reply);
    },
  );
  app.get(
    "/process_point_interaction/:session",
    { schema: { hide: true, params: sessionParams, querystring: oldPointQuery } },
    async ({ params, query: { x, y, z, foreground } }, reply) =>
      addPoint(sessions.find(params.session), [z, y, x], foreground, reply),
  );

  for (const kind of ["scribble", "lasso"] as const) {
    app.post(
      `/process_${kind}_interaction/:session`,
      { schema: { hide: true, params: sessionParams, querystring: z.object(sign) } },
      async (request, reply) => {
        try {
          return await addDrawing(
            kind,
            sessions.find(request.params.session),
            request,
            request.query.foreground,
            reply,
          );
        } finally {
          letRestBy(request);
        }
      },
    );
  }
};
