import type { FastifyInstance } from "fastify";
import type { ApiContext, Routes } from "../routes/context.ts";
import { itksnap } from "./itksnap/itksnap.ts";
import { monai } from "./monai/monai.ts";
import type { ProtocolName } from "./names.ts";
import { type NnInteractiveOptions, nnInteractive } from "./nninteractive/nninteractive.ts";
import { slicerV1 } from "./slicer-v1/slicer-v1.ts";

/**
 * The wires of other programs, at the address of the server itself: their paths are disjoint but for those of two
 * (specs/client-protocols.md §8). One folder per protocol; each is a group of routes that translates to the session calls of
 * `ArraySession`, and answers errors in its own words.
 *
 * nnInteractive's, which asks for the access token, is always on. The others are off unless named.
 */
export async function serveProtocols(
  app: FastifyInstance,
  context: ApiContext,
  named: readonly ProtocolName[],
  options: NnInteractiveOptions,
): Promise<void> {
  await app.register(nnInteractive, { ...context, options });
  for (const name of new Set(named)) await app.register(unauthenticated[name], context);
}

const unauthenticated: Readonly<Record<ProtocolName, Routes>> = { itksnap, "slicer-v1": slicerV1, monai };

/**
 * `constraints: { leaseless: true }` on a route: it gets the calls without `X-Lease-Token`, before another route of the same
 * path. nnInteractive and the Slicer extension before 1.0 share four paths.
 */
export function tellLeaselessCalls(app: FastifyInstance): void {
  app.addConstraintStrategy({
    name: "leaseless",
    storage: () => {
      let kept: Handler | null = null;
      return {
        get: () => kept,
        set: (_value, handler) => {
          kept = handler;
        },
        del() {
          kept = null;
        },
        empty() {
          kept = null;
        },
      };
    },
    deriveConstraint: ({ headers }) => (headers["x-lease-token"] === undefined ? true : undefined),
    mustMatchWhenDerived: false,
    validate() {},
  } as Strategy);
}

type Strategy = Parameters<FastifyInstance["addConstraintStrategy"]>[0];
type Handler = NonNullable<ReturnType<ReturnType<Strategy["storage"]>["get"]>>;
