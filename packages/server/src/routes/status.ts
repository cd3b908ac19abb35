import { colorTemplateAnswer, statusAnswer } from "@septum/protocol";
import { imageFacts, isoTime, labelAnswer, modelFacts, segmentSummaries, sessionSummary } from "./answers.ts";
import { errors, type Routes } from "./context.ts";

/** Labels whose colours are told without being asked for, besides those in use. */
const templateLabels = 20;

/** What a page needs to show a session: what is loaded, what was made, what it runs on. */
export const status: Routes = async (app, { engine, sessions, version, maxUploadBytes, maxNameLength }) => {
  const { providers } = engine.model;
  const works = (name: RegExp) => providers.some((provider) => provider.ok && name.test(provider.name));

  app.get(
    "/status",
    {
      schema: {
        tags: ["sessions"],
        summary: "The session, the model and the device",
        response: { 200: statusAnswer, ...errors },
      },
    },
    async ({ session }) => {
      const { state, run, uploading, lastActivity } = session;
      const { image, imageRevision, maskRevision } = state;
      return {
        ...sessionSummary(session),
        nninteractive_available: works(/./),
        cuda_available: works(/cuda|tensorrt/i),
        segmentation_files: state.segments.length > 0 ? ["segmentation.nii.gz", "labels.txt"] : [],
        expires_at: Number.isFinite(sessions.lifetimeMs) ? isoTime(lastActivity + sessions.lifetimeMs) : null,
        version,
        model: modelFacts(engine),
        queue: { ...engine.queue },
        image: image ? imageFacts(image.info) : null,
        segments: segmentSummaries(state),
        running: run ? { numbers: [...run.numbers] } : null,
        uploading,
        image_revision: imageRevision,
        mask_revision: maskRevision,
        max_upload_bytes: maxUploadBytes,
        max_name_length: maxNameLength,
        view: state.view ?? null,
        history: {
          position: state.history.undo.length,
          total: state.history.undo.length + state.history.redo.length,
        },
      };
    },
  );

  app.get(
    "/color_template",
    {
      schema: {
        tags: ["results"],
        summary: "Number, colour and name of labels",
        response: { 200: colorTemplateAnswer, ...errors },
      },
    },
    async ({ session }) => {
      const { points, segments } = session.state;
      const used = [...points.map(({ number }) => number), ...segments.map(({ label }) => label)];
      const first = Array.from({ length: templateLabels }, (_, n) => n + 1);
      const numbers = [...new Set([...first, ...used])].sort((a, b) => a - b);
      const labels = numbers.map((number) => labelAnswer(session.state, number));
      return { session_id: session.id, labels };
    },
  );
};
