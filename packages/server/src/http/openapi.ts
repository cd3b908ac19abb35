import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance } from "fastify";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";

/** `/api/openapi.json`, made from the routes' schemas, and a page to read and try it at `/docs`. */
export async function describeApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Septum",
        version,
        description:
          "Interactive 3D segmentation. Every call belongs to the session that X-Session-ID names; without the header a new session is made, and every answer carries its id. A change that is asked for again under the same Idempotency-Key is made once.",
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      tags: [
        { name: "sessions", description: "A person's work: one image, its points and its objects" },
        { name: "image", description: "The scan" },
        { name: "points", description: "Numbered points: point n makes the object with label n" },
        { name: "segments", description: "Objects, prompt by prompt" },
        { name: "results", description: "Masks to show and to keep" },
        { name: "server", description: "For whoever runs the server" },
      ],
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
  await app.register(swaggerUi, { routePrefix: "/docs" });
  app.get("/api/openapi.json", { schema: { hide: true } }, () => app.swagger());
}
