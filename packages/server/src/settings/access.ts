import { z } from "zod";
import { list, yesOrNo } from "./schemas.ts";
import type { Setting } from "./setting.ts";

/** Who can reach the server. */
export const accessSettings: readonly Setting[] = [
  {
    key: "open",
    flag: "--open",
    env: "SEPTUM_OPEN",
    value: "",
    help: "Let other machines in without a token",
    standard: "no",
    allowed: "yes or no",
    schema: yesOrNo,
  },
  {
    key: "token",
    flag: "--token",
    env: "SEPTUM_TOKEN",
    value: "TOKEN",
    help: "Secret that every caller must have; several between commas",
    standard: "none",
    allowed: "at least 8 printable characters without spaces or commas, or several such between commas",
    schema: list(/^[!-+\--~]{8,}$/),
    secret: true,
  },
  {
    key: "adminToken",
    flag: "--admin-token",
    env: "SEPTUM_ADMIN_TOKEN",
    value: "TOKEN",
    help: "Secret with which an administrator may list all sessions",
    standard: "none",
    allowed: "at least 8 printable characters without spaces",
    schema: z.string().regex(/^[!-~]{8,}$/),
    secret: true,
  },
  {
    key: "hostNames",
    flag: "--host-names",
    env: "SEPTUM_HOST_NAMES",
    value: "NAMES",
    help: "Further names under which the server may be called, between commas",
    standard: "none",
    allowed: "host names such as septum.example, between commas",
    schema: list(/^[0-9a-z]([0-9a-z.-]*[0-9a-z])?$/i),
  },
  {
    key: "corsOrigins",
    flag: "--cors-origins",
    env: "SEPTUM_CORS_ORIGINS",
    value: "ORIGINS",
    help: "Sites whose pages may use the server, between commas",
    standard: "none",
    allowed: "origins such as https://viewer.example, between commas",
    schema: list(/^https?:\/\/[0-9a-z.-]+(:\d{1,5})?$/i),
  },
];
