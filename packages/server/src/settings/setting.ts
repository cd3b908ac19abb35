import type { z } from "zod";
import type { Settings } from "./settings.ts";

export type SettingValue = string | number | boolean | readonly string[] | readonly number[];

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
