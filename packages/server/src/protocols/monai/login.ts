import type { FastifyInstance } from "fastify";
import { isOneOf } from "../../http/access.ts";
import { HttpError } from "../../http/http-error.ts";
import { limitAttempts } from "../../http/rate.ts";
import type { ApiContext } from "../../routes/context.ts";
import { withoutToken } from "../foreign-routes.ts";

/** Attempts a minute of one address: a token is not to be guessed here. */
const attemptsPerMinute = 20;

/**
 * MONAI Label's login: Slicer asks for a user name and a password where it is told to, and sends from then on what it got for
 * them. The password is the server's access token, which is also what it gets; any user name will do.
 */
export function serveLogin(app: FastifyInstance, { tokens, adminToken }: ApiContext): void {
  const open = { config: withoutToken, schema: { hide: true } };
  const accepted = adminToken === undefined ? tokens : [...tokens, adminToken];

  app.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (_request, body, done) => {
    done(null, new URLSearchParams(String(body)));
  });

  app.get("/auth/", open, async () => ({ enabled: tokens.length > 0 }));

  app.post("/auth/token", { ...open, onRequest: limitAttempts(app, attemptsPerMinute) }, async ({ body }) => {
    const password = body instanceof URLSearchParams ? (body.get("password") ?? "") : "";
    if (tokens.length > 0 && !isOneOf(password, accepted)) {
      throw new HttpError("unauthorized", "The password is wrong: it is the access token of this server");
    }
    return { access_token: password, token_type: "bearer" };
  });

  app.get("/auth/token/valid", { schema: { hide: true } }, async () => ({}));
}
