import { type ProtocolName, tokenlessProtocols } from "../protocols/names.ts";
import { builtInModel } from "../repo-files.ts";
import { userDataFolder } from "./data-folder.ts";
import { isLoopback } from "./loopback.ts";
import type { SettingValue } from "./setting.ts";
import { type Device, settingsTable } from "./table.ts";

/** What a server is started with. Empty text counts as not given. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly alsoPort: readonly number[];
  /** Folder of sessions and compiled models. */
  readonly data: string;
  /** Model folder. */
  readonly model: string;
  /** Infinite: sessions do not expire. */
  readonly sessionHours: number;
  /** Infinite: images leave memory only when it is short. */
  readonly restMinutes: number;
  /** Bytes for all open images together; absent: half of the machine's memory. */
  readonly memory?: number;
  readonly maxUploadMb: number;
  readonly maxUnpackRatio: number;
  readonly maxUploads: number;
  readonly maxSessions: number;
  readonly maxPoints: number;
  readonly maxPrompts: number;
  readonly maxNameLength: number;
  readonly maxHistorySteps: number;
  readonly maxHistoryMb: number;
  readonly maxBodyKb: number;
  /** Of one address; infinite: unlimited. */
  readonly requestsPerMinute: number;
  /** Others than this machine may be let in without a token. */
  readonly open: boolean;
  /** Secrets of which every caller must have one; none: whoever reaches the server may use it. */
  readonly token: readonly string[];
  readonly adminToken?: string;
  /** Names under which the server may be called besides this machine's own; none: any, unless it listens on loopback. */
  readonly hostNames: readonly string[];
  readonly corsOrigins: readonly string[];
  /** Wires of other programs besides nnInteractive's, which have no authentication. */
  readonly protocol: readonly ProtocolName[];
  /** Clients of nnInteractive's protocol at once. */
  readonly leases: number;
  readonly leaseIdleSeconds: number;
  /** Infinite: silent clients keep their place until they have been idle too long. */
  readonly leaseLivenessSeconds: number;
  readonly device: Device;
  /** Threads of the network on the CPU; absent: chosen by the engine. */
  readonly threads?: number;
}

/** A setting that cannot be used; the message says which, and what is allowed. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

/**
 * Settings from flags (by key, as text) and the environment; a flag wins.
 *
 * @throws {SettingsError} naming every wrong value and what is allowed in its place, or when the server would stand open
 *   to other machines without that being said
 */
export function readSettings(
  env: Readonly<Record<string, string | undefined>>,
  flags: Readonly<Partial<Record<keyof Settings, string>>> = {},
): Settings {
  const given: Partial<Record<keyof Settings, SettingValue>> = {};
  const wrong: string[] = [];
  for (const { key, flag, env: variable, schema, allowed, secret } of settingsTable) {
    const fromFlag = flags[key] !== undefined;
    const text = flags[key] ?? env[variable];
    if (text === undefined || (text === "" && !fromFlag)) continue;
    const parsed = schema.safeParse(text);
    if (parsed.success && text !== "") given[key] = parsed.data;
    // A secret stays out of messages, which end up in logs.
    else wrong.push(`${fromFlag ? flag : variable}${secret ? "" : ` is "${text}"`}: expected ${allowed}`);
  }
  if (wrong.length > 0) throw new SettingsError(`Cannot start: ${wrong.join("; ")}`);
  // Each row's schema gives what its key holds.
  const settings = { ...defaults(env), ...(given as Partial<Settings>) };
  checkClosed(settings);
  return settings;
}

/** Nobody opens a server to a whole network, or a way round its token, without meaning to. */
function checkClosed({ host, token, open, protocol }: Settings): void {
  if (open) return;
  const tokenless = tokenlessProtocols.filter((name) => protocol.includes(name));
  if (token.length > 0 && tokenless.length > 0) {
    throw new SettingsError(
      `Cannot start: programs that speak ${tokenless.join(" or ")} cannot send a token, so that whoever reaches ${host} could use this server through them: start a second server for them on 127.0.0.1 without a token, or say --open (SEPTUM_OPEN=yes) if that is meant`,
    );
  }
  if (isLoopback(host) || token.length > 0) return;
  throw new SettingsError(
    `Cannot start: on ${host} other machines could use this server without a token: set SEPTUM_TOKEN, or say --open (SEPTUM_OPEN=yes) if that is meant`,
  );
}

function defaults(env: Readonly<Record<string, string | undefined>>): Settings {
  return {
    host: "127.0.0.1",
    port: 8000,
    alsoPort: [],
    data: userDataFolder(env),
    model: builtInModel,
    sessionHours: 24,
    restMinutes: 15,
    maxUploadMb: 500,
    maxUnpackRatio: 500,
    maxUploads: 100,
    maxSessions: 10_000,
    maxPoints: 1000,
    maxPrompts: 1000,
    maxNameLength: 100,
    maxHistorySteps: 250,
    maxHistoryMb: 64,
    maxBodyKb: 1024,
    requestsPerMinute: 30_000,
    open: false,
    token: [],
    hostNames: [],
    corsOrigins: [],
    protocol: [],
    leases: 100,
    leaseIdleSeconds: 600,
    leaseLivenessSeconds: 60,
    device: "auto",
  };
}
