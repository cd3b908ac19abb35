import { z } from "zod";
import { accessSettings } from "./access.ts";
import { limitSettings } from "./limits.ts";
import { protocolSettings } from "./protocols.ts";
import { byteSize, timeOrNever, wholeNumber, wholeNumbers } from "./schemas.ts";
import type { Setting } from "./setting.ts";

const devices = ["auto", "cpu", "cuda", "tensorrt", "coreml", "directml", "webgpu"] as const;

export type Device = (typeof devices)[number];

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
    key: "alsoPort",
    flag: "--also-port",
    env: "SEPTUM_ALSO_PORT",
    value: "PORTS",
    help: "Further ports to listen on, between commas, such as 8911 for ITK-SNAP",
    standard: "none",
    allowed: "whole numbers from 1 to 65535, between commas",
    schema: wholeNumbers(1, 65535),
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
  ...limitSettings,
  ...accessSettings,
  ...protocolSettings,
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
