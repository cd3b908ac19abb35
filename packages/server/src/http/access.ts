import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import cookie from "@fastify/cookie";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { HttpError } from "./http-error.ts";

/** Carries the login of a page, whose pictures and downloads cannot send a header. */
const cookieName = "septum_access";
const cookieSeconds = 30 * 24 * 3600;

/** Routes that tell nothing of anybody: the page itself, its API page, whether the server lives, and the way in. */
const openRoutes = /^(\/|\/\*|\/docs(\/.*)?|\/healthz|\/readyz|\/api\/log(in|out))$/;

export interface AccessOptions {
  /** Any of them lets its bearer in; none: everybody is. */
  readonly tokens: readonly string[];
  readonly adminToken?: string;
}

/**
 * Lets nobody in without a token, where tokens are set: `Authorization: Bearer …`, or the cookie that `logIn` sets. Throws
 * `unauthorized` before a session is looked for or made.
 */
export async function requireToken(app: FastifyInstance, { tokens, adminToken }: AccessOptions): Promise<void> {
  await app.register(cookie);
  if (tokens.length === 0) return;
  const accepted = adminToken === undefined ? tokens : [...tokens, adminToken];
  const cookies = accepted.map(cookieValue);
  app.addHook("onRequest", async (request, reply) => {
    const route = request.routeOptions.url;
    // A page of another site asks first what it may do, and cannot show a token with that.
    if (route === undefined || openRoutes.test(route) || request.method === "OPTIONS") return;
    if (request.routeOptions.config.letsIn?.(request)) return;
    const given = bearerToken(request);
    if (given !== undefined && isOneOf(given, accepted)) return;
    const kept = request.cookies[cookieName];
    if (given === undefined && kept !== undefined && isOneOf(kept, cookies)) return;
    reply.header("WWW-Authenticate", 'Bearer realm="Septum"');
    throw new HttpError("unauthorized", given === undefined ? missing : wrong);
  });
}

const missing =
  "This server asks for an access token: send it as `Authorization: Bearer …`, or log in (POST /api/login)";
const wrong = "The access token is wrong: ask whoever runs this server for the right one";

/** Sets the cookie that stands for the token. Throws `unauthorized` when it is none of those that let in. */
export function logIn(request: FastifyRequest, reply: FastifyReply, token: string, options: AccessOptions): void {
  const { tokens, adminToken } = options;
  // Without tokens everybody is in already.
  if (tokens.length === 0) return;
  if (!isOneOf(token, adminToken === undefined ? tokens : [...tokens, adminToken])) {
    throw new HttpError("unauthorized", wrong);
  }
  reply.setCookie(cookieName, cookieValue(token), {
    path: "/",
    httpOnly: true,
    sameSite: "strict",
    secure: request.headers["x-forwarded-proto"] === "https",
    maxAge: cookieSeconds,
  });
}

/** Takes the cookie away. It is proof of the token and no key of its own: a copy of it is good as long as the token is. */
export function logOut(reply: FastifyReply): void {
  reply.clearCookie(cookieName, { path: "/" });
}

export function bearerToken({ headers }: FastifyRequest): string | undefined {
  return /^Bearer (.+)$/i.exec(headers.authorization ?? "")?.[1];
}

/** Compares with every one, whichever it is. */
export function isOneOf(given: string, secrets: readonly string[]): boolean {
  return secrets.map((secret) => sameSecret(given, secret)).includes(true);
}

/** Compares in a time that does not tell how much of it was right. */
export function sameSecret(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** Proof of the token that is not the token: it lets in, and cannot be used as a bearer's. */
function cookieValue(token: string): string {
  return createHmac("sha256", token).update("septum access cookie").digest("base64url");
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** For callers that cannot send a token: whether this call shows in another way that it may come in. */
    letsIn?: (request: FastifyRequest) => boolean;
    /** A route of a foreign protocol: it does things for whoever calls, whatever the method. */
    protocol?: boolean;
  }
}
