import { errorAnswer } from "@septum/protocol";
import type { Store } from "@septum/store";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Engine } from "../engine/engine.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Stock } from "../metrics/stock.ts";
import type { UploadPlaces } from "../sessions/limits.ts";
import type { MemoryBudget } from "../sessions/memory-budget.ts";
import type { Sessions } from "../sessions/sessions.ts";

/** What the routes work with. */
export interface ApiContext {
  readonly engine: Engine;
  readonly store: Store;
  readonly sessions: Sessions;
  readonly version: string;
  readonly maxUploadBytes: number;
  /** Characters that the name of an object may have. */
  readonly maxNameLength: number;
  readonly maxImageBytes: number;
  readonly maxUnpackRatio: number;
  readonly uploads: UploadPlaces;
  readonly memory: MemoryBudget;
  /** Access tokens; none: the server asks for none. */
  readonly tokens: readonly string[];
  readonly adminToken?: string;
  /** The server listens on this machine only. */
  readonly loopback: boolean;
  /** Bytes that all open images may take together. */
  readonly memoryBudget: number;
  readonly metrics: Metrics;
  /** Counts what the sessions hold. */
  readonly takeStock: () => Promise<Stock>;
  /** Folder whose disk has to have room; absent when nothing is kept on disk. */
  readonly dataFolder?: string;
  /** The scan that comes with the program, if it does. */
  readonly sampleFile?: string;
}

/** A group of routes. */
export type Routes = FastifyPluginAsyncZod<ApiContext>;

/** Every route may refuse; said once for the API page. */
export const errors = { "4xx": errorAnswer, "5xx": errorAnswer } as const;

/** A body of bytes, for the API page. */
export function binary(contentType: string, description: string) {
  const schema = z.any().meta({ type: "string", format: "binary" });
  return { description, content: { [contentType]: { schema } } };
}
