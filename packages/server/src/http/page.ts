import { existsSync } from "node:fs";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";

/** The browser app, from its build folder; without one, a page that says how to make it. */
export async function servePage(app: FastifyInstance, folder: string | undefined): Promise<void> {
  if (folder === undefined || !existsSync(join(folder, "index.html"))) {
    app.get("/", { schema: { hide: true } }, async (_request, reply) => {
      reply.type("text/plain; charset=utf-8");
      return "Septum is running, but its browser app is not built: run `npm run build`, or read about the API at /docs.\n";
    });
    return;
  }
  await app.register(fastifyStatic, {
    root: folder,
    index: "index.html",
    setHeaders(reply, path) {
      // Built files carry a hash of their content in their name; the page that names them does not.
      const hashed = path.startsWith(join(folder, "assets"));
      reply.header("Cache-Control", hashed ? "public, max-age=31536000, immutable" : "no-cache");
    },
  });
}
