import { loginAnswer, loginBody } from "@septum/protocol";
import { logIn, logOut } from "../http/access.ts";
import { limitAttempts } from "../http/rate.ts";
import { errors, type Routes } from "./context.ts";

/** Attempts a minute of one address: a token is not to be guessed here. */
const attemptsPerMinute = 20;

/** Trades an access token for a cookie, so that a page's pictures and downloads are let in too. */
export const login: Routes = async (app, { tokens, adminToken }) => {
  app.post(
    "/login",
    {
      schema: {
        tags: ["sessions"],
        summary: "Trade an access token for a cookie, for pages",
        body: loginBody,
        response: { 200: loginAnswer, ...errors },
      },
      onRequest: limitAttempts(app, attemptsPerMinute),
    },
    async (request, reply) => {
      logIn(request, reply, request.body.token, { tokens, adminToken });
      return { message: tokens.length === 0 ? "This server asks for no token" : "Logged in" };
    },
  );

  app.post(
    "/logout",
    {
      schema: {
        tags: ["sessions"],
        summary: "Take the cookie of a page away",
        response: { 200: loginAnswer, ...errors },
      },
    },
    async (_request, reply) => {
      logOut(reply);
      return { message: "Logged out" };
    },
  );
};
