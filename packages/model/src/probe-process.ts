import { probePatch } from "./probe-patch.ts";
import type { ProbeAnswer, ProbeRequest } from "./providers.ts";
import { openSession, runLogits } from "./session.ts";

/**
 * A process of its own that tries one provider: a driver that crashes or never returns takes this process with it, and not
 * the server. Answers with the logits of a small pass and the seconds of the second one.
 */
async function answer({ graph, provider, threads, size, settings }: ProbeRequest): Promise<ProbeAnswer> {
  try {
    const session = await openSession({ graph, provider, threads, size });
    const logits = await runLogits(session, probePatch(size, settings));
    const start = performance.now();
    await runLogits(session, probePatch(size, settings));
    return { ok: true, logits, seconds: (performance.now() - start) / 1000 };
  } catch (error) {
    return { ok: false, reason: (error as Error).message };
  }
}

// The asking process ends this one when it has the answer; leaving by ourselves could overtake the message.
process.once("message", async (request) => process.send?.(await answer(request as ProbeRequest)));
process.once("disconnect", () => process.exit(0));
