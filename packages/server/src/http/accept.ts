import type { FastifyRequest } from "fastify";

/** Whether the caller asked for this type by name and not for JSON too; whoever takes anything gets JSON. */
export function asksFor({ headers }: FastifyRequest, type: string): boolean {
  const types = (headers.accept ?? "").split(",").map((entry) => entry.split(";")[0].trim().toLowerCase());
  return types.includes(type) && !types.includes("application/json");
}
