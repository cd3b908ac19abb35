import { shape } from "./geometry.ts";
import { time } from "./session.ts";
import { z } from "./zod.ts";

const bytes = z.number().int().min(0);

/** A session as whoever runs the server sees it: how large and how busy, not what is in it, and not the key to it. */
export const adminSession = z
  .object({
    id: z.string().meta({ description: "The first eight characters of the session's id" }),
    created_at: time,
    last_activity: time,
    expires_at: time.nullable().meta({ description: "null: never" }),
    state: z.enum(["open", "resting"]).meta({ description: "Image in memory, or on disk alone" }),
    busy: z.boolean().meta({ description: "An upload, a run or another call is in progress" }),
    memory_bytes: bytes,
    disk_bytes: bytes,
    shape: shape.nullable(),
    points: z.int(),
    objects: z.int(),
  })
  .meta({ id: "AdminSession" });
export type AdminSession = z.infer<typeof adminSession>;

export const adminAnswer = z.object({
  version: z.string(),
  started_at: time,
  device: z.string(),
  model: z.string(),
  sessions: z.array(adminSession),
  open: z.int(),
  resting: z.int(),
  memory_bytes: bytes.meta({ description: "Held by the images and objects of all sessions" }),
  memory_budget_bytes: bytes.meta({ description: "Beyond it the least recently used session is put to rest" }),
  disk_bytes: bytes.meta({ description: "Taken by all sessions" }),
  disk_free_bytes: bytes.nullable(),
  queue: z.object({ waiting: z.int(), running: z.int() }).meta({ description: "Passes of the network" }),
});
export type AdminAnswer = z.infer<typeof adminAnswer>;

/** The answer to putting a session to rest or deleting it. */
export const adminDone = z.object({
  message: z.string(),
  id: z.string(),
  freed_bytes: bytes.meta({ description: "Of memory" }),
});
export type AdminDone = z.infer<typeof adminDone>;
