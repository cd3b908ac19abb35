import { z } from "zod";
import { builtInModel } from "../repo-files.ts";
import { userDataFolder } from "./data-folder.ts";

/** What a server is started with. Empty text counts as not given. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  /** Folder of sessions and compiled models. */
  readonly data: string;
  /** Model folder. */
  readonly model: string;
  readonly sessionHours: number;
  readonly maxUploadMb: number;
  readonly adminToken?: string;
  readonly device: Device;
  /** Threads of the network on the CPU; absent: chosen by the engine. */
  readonly threads?: number;
}

export type Device = (typeof devices)[number];

/** One row of the settings table: a flag, its environment variable, and what is allowed. */
export interface Setting {
  readonly key: keyof Settings;
  readonly flag: string;
  readonly env: string;
  /** What the flag is followed by in the help. */
  readonly value: string;
  readonly help: string;
  /** As shown in the help. */
  readonly standard: string;
  readonly allowed: string;
  readonly schema: z.ZodType<string | number>;
}

/** A setting that cannot be used; the message says which, and what is allowed. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

const devices = ["auto", "cpu", "cuda", "tensorrt", "coreml", "directml", "webgpu"] as const;

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
    help: "Hours without activity after which a session is deleted",
    standard: "24",
    allowed: "a number above 0, at most 87600",
    schema: decimal(87_600),
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
    key: "adminToken",
    flag: "--admin-token",
    env: "SEPTUM_ADMIN_TOKEN",
    value: "TOKEN",
    help: "Secret with which an administrator may list all sessions",
    standard: "none",
    allowed: "at least 8 printable characters without spaces",
    schema: z.string().regex(/^[!-~]{8,}$/),
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

/**
 * Settings from flags (by key, as text) and the environment; a flag wins.
 *
 * @throws {SettingsError} naming every wrong value and what is allowed in its place
 */
export function readSettings(
  env: Readonly<Record<string, string | undefined>>,
  flags: Readonly<Partial<Record<keyof Settings, string>>> = {},
): Settings {
  const given: Partial<Record<keyof Settings, string | number>> = {};
  const wrong: string[] = [];
  for (const { key, flag, env: variable, schema, allowed } of settingsTable) {
    const fromFlag = flags[key] !== undefined;
    const text = flags[key] ?? env[variable];
    if (text === undefined || (text === "" && !fromFlag)) continue;
    const parsed = schema.safeParse(text);
    if (parsed.success && text !== "") given[key] = parsed.data;
    // The token stays out of messages, which end up in logs.
    else wrong.push(`${fromFlag ? flag : variable}${key === "adminToken" ? "" : ` is "${text}"`}: expected ${allowed}`);
  }
  if (wrong.length > 0) throw new SettingsError(`Cannot start: ${wrong.join("; ")}`);
  // Each row's schema gives what its key holds.
  return { ...defaults(env), ...(given as Partial<Settings>) };
}

function defaults(env: Readonly<Record<string, string | undefined>>): Settings {
  return {
    host: "127.0.0.1",
    port: 8000,
    data: userDataFolder(env),
    model: builtInModel,
    sessionHours: 24,
    maxUploadMb: 500,
    device: "auto",
  };
}

function wholeNumber(least: number, most: number) {
  return z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .pipe(z.number().min(least).max(most));
}

function decimal(most: number) {
  return z
    .string()
    .regex(/^\d{1,9}(\.\d{1,9})?$/)
    .transform(Number)
    .pipe(z.number().positive().max(most));
}
