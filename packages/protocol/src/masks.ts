import { label } from "./geometry.ts";
import { sessionId } from "./session.ts";
import { z } from "./zod.ts";

export const masksQuery = z.object({
  into: z.coerce
    .number()
    .pipe(label)
    .optional()
    .meta({ description: "All of the file becomes this object, in place of what it was" }),
});

/** The objects that a file of masks became. */
export const masksAnswer = z.object({
  session_id: sessionId,
  segments: z.array(z.object({ label, value: label, name: z.string(), voxels: z.int() })),
});
export type MasksAnswer = z.infer<typeof masksAnswer>;
