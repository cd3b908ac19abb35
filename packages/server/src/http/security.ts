import cors from "@fastify/cors";
import helmet from "@fastify/helmet";
import { previewHeader, resultHeader, sessionHeader, verifiedHeader } from "@septum/protocol";
import type { FastifyInstance } from "fastify";

/**
 * Headers that keep the page to itself. The viewer starts workers from blobs, compiles WebAssembly and styles its canvas
 * inline; nothing else is let in. No other site may read an answer, but for the pages of `corsOrigins`: without any there are
 * no CORS headers at all.
 */
export async function secure(app: FastifyInstance, corsOrigins: readonly string[]): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
        workerSrc: ["'self'", "blob:"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", "data:", "blob:"],
        fontSrc: ["'self'", "data:"],
        connectSrc: ["'self'", "data:", "blob:"],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    // Plain HTTP on a person's own machine: a promise of HTTPS would lock them out.
    strictTransportSecurity: false,
    referrerPolicy: { policy: "no-referrer" },
  });
  if (corsOrigins.length === 0) return;
  await app.register(cors, {
    origin: [...corsOrigins],
    methods: ["GET", "POST", "PUT", "PATCH", "DELETE"],
    // Its pages show a token: cookies are for the server's own page.
    credentials: false,
    exposedHeaders: [
      ...[sessionHeader, resultHeader, previewHeader, verifiedHeader],
      ...["X-Request-ID", "Content-Disposition", "ETag", "Retry-After"],
    ],
    maxAge: 600,
  });
}
