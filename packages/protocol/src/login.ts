import { z } from "./zod.ts";

/** What a page trades for a cookie (`POST /api/login`). */
export const loginBody = z.object({
  token: z.string().min(1).max(1000).meta({ description: "The server's access token" }),
});
export type LoginBody = z.infer<typeof loginBody>;

export const loginAnswer = z.object({ message: z.string() });
export type LoginAnswer = z.infer<typeof loginAnswer>;
