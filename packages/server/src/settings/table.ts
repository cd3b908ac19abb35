import { z } from "zod";
import { protocolNames } from "../protocols/names.ts";
import { byteSize, countOrUnlimited, decimal, list, timeOrNever, wholeNumber, yesOrNo } from "./schemas.ts";
import type { Settings } from "./settings.ts";

const devices = ["auto", "cpu", "cuda", "tensorrt", "coreml", "directml", "webgpu"] as const;

export type Device = (typeof devices)[number];

export type SettingValue = string | number | boolean | readonly string[];

/** One row of the settings table: a flag, its environment variable, and what is allowed. */
export interface Setting {
  readonly key: keyof Settings;
  readonly flag: string;
  readonly env: string;
  /** What the flag is followed by in the help; empty for one that stands alone. */
  readonly value: string;
  readonly help: string;
  /** As shown in the help. */
  readonly standard: string;
  readonly allowed: string;
  readonly schema: z.ZodType<SettingValue>;
  /** Kept out of messages. */
  readonly secret?: boolean;
}

/** Every setting there is. `septum serve --help` and docs/operating.md show this table. */
export const settingsTable: readonly Setting[] = [
  {
    key: "host",
    flag: "--host",
    env: "SEPTUM_HOST",
    value: "ADDRESS",
    help: "Address to listen on; 0.0.0.0 lets other machines in",
    standard: "127.0.0.1",
    allowed: "a host name or an IP address",
    schema: z.string().regex(/^[0-9A-Za-z.:_-]+$/),
  },
  {
    key: "port",
    flag: "--port",
    env: "SEPTUM_PORT",
    value: "PORT",
    help: "Port to listen on; 0 takes a free one",
    standard: "8000",
    allowed: "a whole number from 0 to 65535",
    schema: wholeNumber(0, 65535),
  },
  {
    key: "data",
    flag: "--data",
    env: "SEPTUM_DATA",
    value: "FOLDER",
    help: "Folder for sessions and compiled models",
    standard: "the user's data folder",
    allowed: "a folder that can be written",
    schema: z.string(),
  },
  {
    key: "model",
    flag: "--model",
    env: "SEPTUM_MODEL",
    value: "FOLDER",
    help: "Model folder in nnInteractive's format",
    standard: "the built-in model",
    allowed: "a folder with inference_info.json, plans.json and a checkpoint",
    schema: z.string(),
  },
  {
    key: "sessionHours",
    flag: "--session-hours",
    env: "SEPTUM_SESSION_HOURS",
    value: "HOURS",
    help: "Hours without activity after which a session is deleted, or never",
    standard: "24",
    allowed: "a number above 0, at most 87600, or never",
    schema: timeOrNever(87_600),
  },
  {
    key: "restMinutes",
    flag: "--rest-minutes",
    env: "SEPTUM_REST_MINUTES",
    value: "MINUTES",
    help: "Minutes without a call after which a session's image leaves memory, or never",
    standard: "15",
    allowed: "a number above 0, at most 525600, or never",
    schema: timeOrNever(525_600),
  },
  {
    key: "memory",
    flag: "--memory",
    env: "SEPTUM_MEMORY",
    value: "SIZE",
    help: "Memory for all open images together, such as 800M or 6G",
    standard: "half of the machine's memory",
    allowed: "a number followed by M or G, at least 1M, such as 800M or 6G",
    schema: byteSize,
  },
  {
    key: "maxUploadMb",
    flag: "--max-upload-mb",
    env: "SEPTUM_MAX_UPLOAD_MB",
    value: "MB",
    help: "Largest file that may be uploaded, in units of 1024 × 1024 bytes",
    standard: "500",
    allowed: "a number above 0, at most 1000000",
    schema: decimal(1_000_000),
  },
  {
    key: "maxUnpackRatio",
    flag: "--max-unpack-ratio",
    env: "SEPTUM_MAX_UNPACK_RATIO",
    value: "RATIO",
    help: "Times that a file may grow by unpacking, beyond the first 64 MB",
    standard: "500",
    allowed: "a whole number from 1 to 100000",
    schema: wholeNumber(1, 100_000),
  },
  {
    key: "maxUploads",
    flag: "--max-uploads",
    env: "SEPTUM_MAX_UPLOADS",
    value: "COUNT",
    help: "Uploads at once, of all sessions",
    standard: "100",
    allowed: "a whole number from 1 to 1000",
    schema: wholeNumber(1, 1000),
  },
  {
    key: "maxSessions",
    flag: "--max-sessions",
    env: "SEPTUM_MAX_SESSIONS",
    value: "COUNT",
    help: "Sessions in all, resting ones included",
    standard: "10000",
    allowed: "a whole number from 1 to 1000000",
    schema: wholeNumber(1, 1_000_000),
  },
  {
    key: "maxPoints",
    flag: "--max-points",
    env: "SEPTUM_MAX_POINTS",
    value: "COUNT",
    help: "Numbered points of a session",
    standard: "1000",
    allowed: "a whole number from 1 to 65535",
    schema: wholeNumber(1, 65_535),
  },
  {
    key: "maxPrompts",
    flag: "--max-prompts",
    env: "SEPTUM_MAX_PROMPTS",
    value: "COUNT",
    help: "Prompts of an object",
    standard: "1000",
    allowed: "a whole number from 1 to 100000",
    schema: wholeNumber(1, 100_000),
  },
  {
    key: "maxBodyKb",
    flag: "--max-body-kb",
    env: "SEPTUM_MAX_BODY_KB",
    value: "KB",
    help: "Largest body of a call other than an upload, in units of 1024 bytes",
    standard: "1024",
    allowed: "a whole number from 1 to 102400",
    schema: wholeNumber(1, 102_400),
  },
  {
    key: "requestsPerMinute",
    flag: "--requests-per-minute",
    env: "SEPTUM_REQUESTS_PER_MINUTE",
    value: "COUNT",
    help: "Calls that one address may make in a minute, or unlimited",
    standard: "30000",
    allowed: "a whole number from 1 to 1000000, or unlimited",
    schema: countOrUnlimited(1_000_000),
  },
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
  {
    key: "protocol",
    flag: "--protocol",
    env: "SEPTUM_PROTOCOL",
    value: "NAMES",
    help: "Protocols without authentication to speak as well, between commas: itksnap, slicer-v1, monai",
    standard: "none",
    allowed: `${protocolNames.join(", ")}, or several of them between commas`,
    schema: list(new RegExp(`^(${protocolNames.join("|")})$`)),
  },
  {
    key: "device",
    flag: "--device",
    env: "SEPTUM_DEVICE",
    value: "DEVICE",
    help: "What runs the network; auto tries the fastest first",
    standard: "auto",
    allowed: `one of ${devices.join(", ")}`,
    schema: z.enum(devices),
  },
  {
    key: "threads",
    flag: "--threads",
    env: "SEPTUM_THREADS",
    value: "COUNT",
    help: "Threads of the network on the CPU",
    standard: "one per core",
    allowed: "a whole number from 1 to 512",
    schema: wholeNumber(1, 512),
  },
];
