import { z } from "./zod.ts";

/** Header with the number of a preview, as `progress` events tell it. */
export const previewHeader = "x-septum-preview";

/** How to predict from the prompts that were added with `predict: false`. */
export const predictBody = z
  .object({
    full: z
      .boolean()
      .optional()
      .meta({ description: "true refines the whole object there was as well, not only what changed" }),
    autozoom: z.boolean().optional(),
  })
  .nullish();
export type PredictBody = z.infer<typeof predictBody>;
