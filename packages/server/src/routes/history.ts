import { historyAnswer, messageAnswer, travelAnswer, viewBody } from "@septum/protocol";
import { callerOf } from "../http/call.ts";
import type { Caller } from "../sessions/caller.ts";
import type { Direction } from "../sessions/history.ts";
import { keepView } from "../sessions/labels.ts";
import type { Session } from "../sessions/session.ts";
import { travel } from "../sessions/travel.ts";
import { historyStep, labelAnswer, numberedPoints } from "./answers.ts";
import { errors, type Routes } from "./context.ts";

/** Undo and redo over everything in a session, and how it was last looked at. */
export const history: Routes = async (app) => {
  app.get(
    "/history",
    {
      schema: {
        tags: ["sessions"],
        summary: "What was done in the session, step by step, and how much of it is in effect",
        response: { 200: historyAnswer, ...errors },
      },
    },
    ({ session }) =>
      session.read(() => {
        const { undo, redo } = session.state.history;
        const steps = [...undo, ...redo.toReversed()].map(({ id }) => historyStep(session.step(id)));
        return { session_id: session.id, steps, position: undo.length };
      }),
  );

  app.post(
    "/undo",
    {
      schema: {
        tags: ["sessions"],
        summary: "Take back the session's last change, whatever it was",
        response: { 200: travelAnswer, ...errors },
      },
    },
    async (request, reply) => answerTravel(request.session, "undo", callerOf(request, reply)),
  );

  app.post(
    "/redo",
    {
      schema: {
        tags: ["sessions"],
        summary: "Bring back the change that was undone last",
        response: { 200: travelAnswer, ...errors },
      },
    },
    async (request, reply) => answerTravel(request.session, "redo", callerOf(request, reply)),
  );

  app.put(
    "/view",
    {
      schema: {
        tags: ["sessions"],
        summary: "Keep how the session is looked at, to be had back in the status; not a step of the history",
        body: viewBody,
        response: { 200: messageAnswer, ...errors },
      },
    },
    async ({ session, body }) => {
      await keepView(session, body);
      return { message: "The view was kept", session_id: session.id };
    },
  );
};

async function answerTravel(session: Session, direction: Direction, caller: Caller) {
  const { step, segments } = await travel(session, direction, caller);
  const { state } = session;
  const { position, total } = await session.read(() => session.historyFacts());
  return {
    session_id: session.id,
    step: historyStep(step),
    position,
    total,
    points: numberedPoints(state),
    segments: segments.map(({ changed, ...segment }) => ({ ...segment, changed_box: changed ?? null })),
    labels: step.labels.map(({ label }) => labelAnswer(state, label)),
    mask_revision: state.maskRevision,
  };
}
